import type { Model, ParadeError } from "@parade/core"
import type { Matrix } from "@parade/graph"
import { RecipeError } from "./error.ts"
import * as Effect from "effect/Effect"

const refuse = (message: string, advice: string): RecipeError =>
  new RecipeError({ code: "recipe.no-linear-head", message, advice })

/**
 * The LM head of a model as a matrix `[vocabulary, width]`, whatever form the model keeps it in: its logits for the rows
 * of the identity. Fails with `recipe.no-linear-head` where the head is not lent or does more than multiply.
 */
export const headMatrix = ({ info, head }: Model): Effect.Effect<Matrix, ParadeError> =>
  Effect.gen(function* () {
    if (head === undefined)
      return yield* Effect.fail(
        refuse(
          `${info.name} does not lend its LM head.`,
          "Declare the need `head`, or train for another model.",
        ),
      )
    const { width, vocabularySize } = info
    const identity = new Float32Array(width * width)
    for (let i = 0; i < width; i++) identity[i * width + i] = 1
    const columns = yield* head(identity)
    const values = new Float32Array(vocabularySize * width)
    let largest = 0
    for (let column = 0; column < width; column++) {
      const logits = columns.row(column)
      for (let token = 0; token < vocabularySize; token++) {
        const value = logits[token]!
        values[token * width + column] = value
        largest = Math.max(largest, Math.abs(value))
      }
    }
    // A sum of three directions at lengths that a softcap or an offset would show in.
    const probe = Float32Array.from({ length: width }, (_, i) => (i < 3 ? 40 * (i + 1) : 0))
    const probed = (yield* head(probe)).row(0)
    for (let token = 0; token < vocabularySize; token++) {
      let expected = 0
      for (let i = 0; i < Math.min(3, width); i++) expected += probe[i]! * values[token * width + i]!
      if (Math.abs(probed[token]! - expected) > 1e-2 * 240 * largest)
        return yield* Effect.fail(
          refuse(
            `The LM head of ${info.name} is not one matrix.`,
            "Heads that cap their logits cannot be trained for.",
          ),
        )
    }
    return {
      kind: "dense",
      rows: vocabularySize,
      columns: width,
      identity: "lm_head",
      values: () => values,
    }
  })
