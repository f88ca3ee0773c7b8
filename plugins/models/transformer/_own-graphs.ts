import type { DeviceError, Model } from "@parade/core"
import { ModelError } from "@parade/core"
import { GraphBuilder, linear, softcap, tensor } from "@parade/graph"
import type { Program, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import { Scope } from "effect/Scope"
import type { Parts } from "./assemble.ts"
import { embeddingRows } from "./_build-graph.ts"
import type { ModelWeights } from "./_model-weights.ts"
import { outputRows } from "./_output-rows.ts"
import { compileChecked, typed } from "./_typed.ts"

type Failure = ModelError | DeviceError

/** A graph beside that of the forward, compiled when first asked for: few pipelines need it. */
const ownProgram = (
  parts: Parts,
  name: string,
  build: (g: GraphBuilder) => void,
): Effect.Effect<Effect.Effect<Program, Failure>, never, Scope> =>
  Effect.gen(function* () {
    const { architecture, device } = parts
    const scope = yield* Effect.scope
    const graph = typed(() => {
      const g = new GraphBuilder(`${architecture.name}-${name}`, {
        kind: device.lowering,
        without: device.without,
      })
      build(g)
      return g.build()
    })
    return yield* graph.pipe(
      Effect.flatMap((built) => compileChecked(device, built, { keep: parts.keep === true })),
      Effect.mapError((error) =>
        error._tag === "DeviceError" || error._tag === "ModelError"
          ? error
          : new ModelError({
              code: error.code,
              message: error.message,
              advice: error.advice,
              path: error.path,
              fault: error.fault,
              cause: error,
            }),
      ),
      Effect.provideService(Scope, scope),
      Effect.cached,
    )
  })

/** Looks up embedding rows. */
export const makeEmbed = (parts: Parts, weights: ModelWeights): Effect.Effect<Model["embed"], never, Scope> =>
  Effect.gen(function* () {
    const { architecture } = parts
    const program = yield* ownProgram(parts, "embedding", (g) => {
      g.output("rows", embeddingRows(g, architecture, weights, g.input("tokens", "int64", ["T"])))
    })
    return (tokens) =>
      Effect.gen(function* () {
        for (let i = 0; i < tokens.length; i++)
          if (!(tokens[i]! >= 0 && tokens[i]! < architecture.vocabulary))
            return yield* Effect.fail<Failure>(
              new ModelError({
                code: "model.unknown-token",
                message: `Token ${tokens[i]} is not among the ${architecture.vocabulary} of the vocabulary.`,
              }),
            )
        const ids = BigInt64Array.from(tokens, BigInt)
        const compiled = yield* program
        const { rows } = yield* compiled.run({ tokens: tensor("int64", [ids.length], ids) }, [
          { name: "rows" },
        ])
        return Float32Array.from((rows as Tensor<"float32">).data)
      })
  })

/** Applies the LM head to rows as the final norm gives them. */
export const makeHead = (
  parts: Parts,
  weights: ModelWeights,
): Effect.Effect<NonNullable<Model["head"]>, never, Scope> =>
  Effect.gen(function* () {
    const { width, vocabulary, head } = parts.architecture
    const program = yield* ownProgram(parts, "head", (g) => {
      const logits = linear(g, g.input("hidden", "float32", ["T", width]), weights.head())
      g.output("logits", head.softcap === undefined ? logits : softcap(g, logits, head.softcap))
    })
    return (hidden) =>
      Effect.gen(function* () {
        const count = hidden.length / width
        if (count === 0 || !Number.isInteger(count))
          return yield* Effect.fail<Failure>(
            new ModelError({
              code: "model.bad-rows",
              message: `${hidden.length} floats are no rows of ${width}.`,
              fault: "bug",
            }),
          )
        const compiled = yield* program
        const { logits } = yield* compiled.run({ hidden: tensor("float32", [count, width], hidden) }, [
          { name: "logits" },
        ])
        return outputRows(Float32Array.from((logits as Tensor<"float32">).data), vocabulary)
      })
  })
