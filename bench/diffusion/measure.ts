import { collectText, type DecodeFailure, type Decoder, decodeText, type RequestError } from "@parade/core"
import { examples, type Example, type Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { processorTime } from "./steps.ts"

/** One answer of one method. */
export interface Answer {
  readonly method: number
  readonly example: string
  readonly correct: boolean
  readonly tokens: number
  readonly forwards: number
  readonly rows: number
  /** Of processor time, which is time where the model has one thread, whatever else the machine does. */
  readonly milliseconds: number
  /** Bits that its right answer loses at best when drawn at once, where the task tells. */
  readonly correlation: number | undefined
}

export interface MeasurePlan {
  /** Held-out examples. */
  readonly count: number
  readonly seed: number
  /** Positions of the canvas. */
  readonly canvas: number
  readonly progress: (done: number, total: number) => void
}

/**
 * Every method answers every example of a task, the methods taking turns at going first, so that what the machine does
 * meanwhile hits all alike. The first answer of each warms up and is not counted.
 */
export const measureAnswers = (
  decoders: readonly Decoder[],
  task: Task,
  { count, seed, canvas, progress }: MeasurePlan,
): Effect.Effect<readonly Answer[], DecodeFailure | RequestError> =>
  Effect.gen(function* () {
    const answers: Answer[] = []
    const ask = (method: number, { prompt }: Example) =>
      collectText(
        decodeText(decoders[method]!, [{ role: "user", content: prompt.trim() }], {
          maxTokens: canvas,
          seed,
        }),
      )
    for (let method = 0; method < decoders.length; method++)
      yield* ask(method, task.example("test", count, seed))
    for (const [i, example] of [...examples(task, { split: "test", seed, count })].entries())
      for (let turn = 0; turn < decoders.length; turn++) {
        const method = (turn + i) % decoders.length
        const started = processorTime()
        const { text, stats } = yield* ask(method, example)
        answers.push({
          method,
          example: example.id,
          correct: example.score(text).correct,
          tokens: stats.tokens,
          forwards: stats.forwards,
          rows: stats.rows,
          milliseconds: processorTime() - started,
          correlation: example.space?.().correlation,
        })
        progress(answers.length, count * decoders.length)
      }
    return answers
  })
