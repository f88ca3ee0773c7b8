import { argmax, type ParadeError } from "@parade/core"
import { type MeasuredAccuracy, rankCounter } from "@parade/drafting"
import {
  type Device,
  type Feeds,
  type Graph,
  type GraphBuilder,
  klDivergence,
  linear,
  type Matrix,
  ops,
  type Value,
} from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import { compileForward, type ParameterValues, readFeed } from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { AnchorLayout } from "./anchors.ts"

/** What rows guess, and what the model says there itself: `[batch · anchors, vocabulary]` of each. */
export interface Guess {
  readonly student: Value
  readonly teacher: Value
}

/** What the rows of a batch come out of the model as: its logits, or the states that they are made of. */
export type RowOutputs = ReadonlyMap<string, Value>

/**
 * The guesses of a batch's rows, the `j`-th behind every place together, as `guessFeeds` names them. By `logits`, or where some tokens
 * alone are guessed among, by `hidden.final` at those rows and `draft`, the LM head's rows of these tokens.
 */
export const guessesOf = (
  g: GraphBuilder,
  outputs: RowOutputs,
  { batch, anchors, ahead }: AnchorLayout,
  draft?: Matrix,
): readonly Guess[] => {
  const from = outputs.get(draft === undefined ? "logits" : "hidden.final")!
  const at = (name: string): Value => {
    const rows = ops.gather(g, from, g.input(name, "int64", [batch * anchors]))
    return draft === undefined ? rows : linear(g, rows, draft)
  }
  return Array.from({ length: ahead }, (_, j) => ({
    student: at(`student.${j + 1}`),
    teacher: at(`teacher.${j + 1}`),
  }))
}

/** `loss = Σ_j weight(j) · mean KL(teacher_j ‖ student_j)`, `j` from 0, and each mean as `loss.<name><j + 1>`. */
export const guessLoss = (
  g: GraphBuilder,
  guesses: readonly Guess[],
  name: string,
  weight: (j: number) => number,
): void => {
  const number = (value: number): Value => g.constant("float32", [], [value])
  let loss = number(0)
  for (const [j, { student, teacher }] of guesses.entries()) {
    const mean = klDivergence(g, teacher, student)
    g.output(`loss.${name}${j + 1}`, mean)
    loss = ops.add(g, loss, ops.mul(g, mean, number(weight(j))))
  }
  g.output("loss", loss)
}

/** The logits themselves: `guess.<j>` and `own.<j>`. */
export const guessOutputs = (g: GraphBuilder, guesses: readonly Guess[]): void => {
  for (const [j, { student, teacher }] of guesses.entries()) {
    g.output(`guess.${j + 1}`, student)
    g.output(`own.${j + 1}`, teacher)
  }
}

/** What is measured. */
export interface GuessMeter {
  /** Of a text alone, with {@link guessOutputs}. */
  readonly graph: Graph
  readonly trainable: (name: string) => boolean
  readonly feeds: (text: ModelText) => Feeds
  readonly layout: AnchorLayout
  readonly vocabulary: number
}

/** Measures how often exactly the token of each rank of each guess is the model's own, in texts that were not trained on. */
export const guessMeter = (
  device: Device,
  { graph, trainable, feeds, layout, vocabulary }: GuessMeter,
): Effect.Effect<
  (trained: ParameterValues, texts: readonly ModelText[]) => Effect.Effect<MeasuredAccuracy, ParadeError>,
  ParadeError,
  Scope
> =>
  Effect.map(
    compileForward(device, graph, trainable),
    (forward) => (trained, texts) =>
      Effect.gen(function* () {
        const counter = rankCounter(layout.ahead, vocabulary)
        for (const text of texts) {
          const outputs = yield* forward.run(trained, feeds(text))
          for (let j = 0; j < layout.ahead; j++) {
            const guesses = yield* Effect.promise(() => readFeed(outputs[`guess.${j + 1}`]!))
            const own = yield* Effect.promise(() => readFeed(outputs[`own.${j + 1}`]!))
            for (let from = 0; from < guesses.length; from += vocabulary) {
              const token = argmax(own.subarray(from, from + vocabulary))
              counter.count(j, guesses.subarray(from, from + vocabulary), token)
            }
          }
          yield* Effect.yieldNow
        }
        return counter.measured()
      }),
  )
