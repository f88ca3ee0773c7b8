import type { DecodeFailure, Decoder, Model } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Milliseconds of processor time so far, of all threads: other load on the machine hardly changes it. */
export const processorTime = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** What it takes to ask for that: a tenth of a millisecond on some machines, and so a part of what is measured. */
const asking = (): number => {
  const started = processorTime()
  const times = 100
  for (let i = 0; i < times; i++) processorTime()
  return (processorTime() - started) / times
}

/** A step of denoising, in milliseconds of processor time. */
export interface Step {
  readonly rows: number
  readonly forward: number
  /** From the end of the forward to the beginning of the next: view, unmasker, canvas, events. */
  readonly host: number
}

/** The model, and the steps that it has been taken through; the last one is still open. */
export const timed = (model: Model): { readonly model: Model; readonly steps: () => readonly Step[] } => {
  const steps: Step[] = []
  let open: Omit<Step, "host"> | undefined
  let ended = 0
  const own = asking()
  return {
    steps: () => steps,
    model: {
      ...model,
      forward: (rows, options) =>
        Effect.suspend(() => {
          const started = processorTime()
          if (open !== undefined) steps.push({ ...open, host: started - ended - own })
          return Effect.tap(model.forward(rows, options), () =>
            Effect.sync(() => {
              ended = processorTime()
              open = { rows: rows.tokens.length, forward: ended - started }
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
