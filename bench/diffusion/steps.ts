import type { DecodeFailure, Decoder, Model } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Milliseconds of processor time so far, of all threads: other load on the machine hardly changes it. */
export const processorTime = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** A step of denoising, in milliseconds. */
export interface Step {
  readonly rows: number
  /** Of processor time. */
  readonly forward: number
  /**
   * From the end of the forward to the beginning of the next: view, unmasker, canvas, events, a turn of the event loop. By the
   * clock: so short a time is seldom interrupted, and asking for processor time takes a good part of it after a forward.
   */
  readonly host: number
  /** Of that, until the unmasker had decided. */
  readonly decision: number
}

/** A model that is watched. */
export interface Timed {
  readonly model: Model
  /** The steps that it has been taken through; the last one is still open. */
  readonly steps: () => readonly Step[]
  /** To be called when the unmasker has decided. */
  readonly decided: () => void
}

/** Watches a model. */
export const timed = (model: Model): Timed => {
  const steps: Step[] = []
  let open: Omit<Step, "host" | "decision"> | undefined
  let [ended, decided] = [0, 0]
  return {
    steps: () => steps,
    decided: () => {
      decided = performance.now()
    },
    model: {
      ...model,
      forward: (rows, options) =>
        Effect.suspend(() => {
          if (open !== undefined)
            steps.push({ ...open, host: performance.now() - ended, decision: decided - ended })
          const started = processorTime()
          return Effect.tap(model.forward(rows, options), () =>
            Effect.sync(() => {
              open = { rows: rows.tokens.length, forward: processorTime() - started }
              ended = performance.now()
            }),
          )
        }),
    },
  }
}

/** Runs the first rounds of a canvas behind a prompt. */
export const runRounds = (
  decoder: Decoder,
  prompt: readonly number[],
  canvas: number,
  rounds: number,
): Effect.Effect<void, DecodeFailure> =>
  Effect.suspend(() => {
    let left = rounds
    return Stream.runDrain(
      Stream.takeUntil(
        decoder.decode({
          prompt: [{ tokens: prompt }],
          target: { kind: "canvas", length: canvas },
          stop: { ignoreEnd: true },
          seed: 1,
        }),
        ({ type }) => type === "round" && --left === 0,
      ),
    )
  })
