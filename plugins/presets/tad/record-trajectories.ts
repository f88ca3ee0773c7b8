import {
  type CommittedEvent,
  type DecodeFailure,
  type Decoder,
  type Event,
  reportProgress,
} from "@parade/core"
import { filledByRound } from "@parade/parallelbench"
import { chatPrompt, type Encode, endToken } from "@parade/recipes"
import type { Example, Split, Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Trajectory } from "./trajectory.ts"

export interface RecordOptions {
  /** The model that is later the teacher, with the rule it fills a canvas by. */
  readonly decoder: Decoder
  readonly encode: Encode
  /** Text that is asked in place of the prompt, `{prompt}` and `{answer}` standing for the exercise's. */
  readonly reference: string
  /** Positions of the canvas. */
  readonly canvas: number
  readonly seed: number
}

/** What is asked with the answer in it. */
export const shownPrompt = (
  reference: string,
  { prompt, answer }: Pick<Example, "prompt" | "answer">,
): string =>
  reference.replaceAll(/\{(prompt|answer)\}/g, (_, name) => (name === "prompt" ? prompt.trim() : answer))

/** The tokens of a canvas and the step in which each was filled. */
const fillingOf = (
  events: readonly Event[],
): { readonly tokens: readonly number[]; readonly steps: readonly number[] } => {
  const tokens: number[] = []
  const steps: number[] = []
  for (const event of events)
    if (event.type === "committed") {
      const { position, tokens: placed } = event as CommittedEvent
      placed.forEach((token, i) => (tokens[position + i] = token))
    }
  filledByRound(events).forEach((positions, step) => {
    for (const position of positions) steps[position] = step
  })
  return { tokens, steps }
}

/** The trajectory of one exercise, or `undefined` where its answer is wrong. */
const recordOne = (
  example: Example,
  { decoder, encode, reference, canvas, seed }: RecordOptions,
): Effect.Effect<Trajectory | undefined, DecodeFailure> =>
  Effect.gen(function* () {
    const shown = chatPrompt(shownPrompt(reference, example), encode)
    const events = yield* Stream.runCollect(
      decoder.decode({
        prompt: [{ tokens: shown }],
        target: { kind: "canvas", length: canvas },
        stop: { ignoreEnd: true },
        seed,
      }),
    )
    const { tokens, steps } = fillingOf(events)
    const end = tokens.indexOf(endToken)
    const text = decoder.model.tokenizer!.decode(end < 0 ? tokens : tokens.slice(0, end))
    if (!example.score(text).correct) return undefined
    return { prompt: chatPrompt(example.prompt, encode), shown, tokens, steps }
  })

/** The trajectories of the first `count` exercises of a split whose answers are right. */
export const recordTrajectories = (
  task: Task,
  split: Split,
  count: number,
  options: RecordOptions,
): Effect.Effect<readonly Trajectory[], DecodeFailure> =>
  Effect.gen(function* () {
    const found: Trajectory[] = []
    for (let i = 0; i < count; i++) {
      yield* Effect.yieldNow
      const one = yield* recordOne(task.example(split, i, options.seed), options)
      if (one !== undefined) found.push(one)
      yield* reportProgress({ task: `Recording ${task.name}`, done: i + 1, total: count, unit: "steps" })
    }
    return found
  })
