import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { DeviceError, WeightsError } from "@parade/core"
import { reportProgress } from "@parade/core"
import type { Feeds } from "@parade/graph"
import * as Effect from "effect/Effect"
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts"
import type { TrainingStep } from "./compile-step.ts"
import { TrainingError } from "./error.ts"
import { appendLog, cutLog } from "./log.ts"
import type { StepRecord } from "./log.ts"
import { makeFolder } from "./make-folder.ts"
import type { ParameterStore } from "./parameters.ts"
import type { Schedule } from "./schedule.ts"

export interface TrainOptions<E, R> {
  /** Holds `checkpoint.safetensors` and `log.jsonl`. */
  readonly folder: string
  /** Names what is trained: recipe, data, model. A checkpoint of another is refused. */
  readonly fingerprint: string
  readonly step: TrainingStep
  readonly store: ParameterStore
  readonly steps: number
  readonly schedule: Schedule
  /** The batch at a place of the stream: a function of the place alone, so that a resumed run sees the same. */
  readonly batch: (place: number) => Effect.Effect<Feeds, E, R>
  /** A checkpoint after so many steps, and after the last. */
  readonly checkpointEvery: number
  readonly evaluation?: {
    readonly every: number
    readonly run: (store: ParameterStore) => Effect.Effect<Readonly<Record<string, number>>, E, R>
  }
  readonly onStep?: (record: StepRecord) => void
}

type Failure = TrainingError | DeviceError | WeightsError

/** Removes the unfinished files of a run that was killed while it wrote. */
const removeUnfinished = (folder: string): void => {
  for (const name of readdirSync(folder))
    if (/^checkpoint\.safetensors\..*\.tmp$/.test(name)) rmSync(join(folder, name), { force: true })
}

const takeStep = <E, R>(
  options: TrainOptions<E, R>,
  number: number,
): Effect.Effect<StepRecord, Failure | E, R> =>
  Effect.gen(function* () {
    const { step, store, steps, schedule, batch, evaluation } = options
    const start = performance.now()
    const first = (number - 1) * step.accumulate
    const places = Array.from({ length: step.accumulate }, (_, i) => first + i)
    const rate = schedule(number)
    const { metrics, gradientNorm } = yield* step.run(store, yield* Effect.forEach(places, batch), rate)
    const seconds = (performance.now() - start) / 1000
    const due = evaluation !== undefined && (number % evaluation.every === 0 || number === steps)
    const evaluated = due ? { evaluation: yield* evaluation.run(store) } : {}
    return { step: number, rate, gradientNorm, metrics, ...evaluated, seconds }
  })

/**
 * Trains up to a number of steps, from the checkpoint in the folder where there is one: a run that was stopped at any
 * moment, even killed, ends with the same bytes as one that was not. Interrupted, it ends its step and writes a
 * checkpoint. Where a loss or gradient is no number it stops with
 * `training.not-finite`, and the checkpoint holds the last good parameters.
 */
export const train = <E, R>(options: TrainOptions<E, R>): Effect.Effect<void, Failure | E, R> =>
  Effect.gen(function* () {
    const { folder, fingerprint, store, steps, checkpointEvery } = options
    yield* makeFolder(folder)
    // What cannot be read or removed is in nobody's way.
    yield* Effect.ignore(Effect.try(() => removeUnfinished(folder)))
    const checkpoint = join(folder, "checkpoint.safetensors")
    const log = join(folder, "log.jsonl")
    yield* loadCheckpoint(store, checkpoint, fingerprint)
    yield* cutLog(log, store.steps)
    const save = saveCheckpoint(store, checkpoint, fingerprint)
    const go = Effect.gen(function* () {
      while (store.steps < steps) {
        // Signals are only heard where the thread is given back.
        yield* Effect.yieldNow
        const number = store.steps + 1
        const keepGood = (error: Failure | E): Effect.Effect<void, WeightsError> =>
          error instanceof TrainingError && error.code === "training.not-finite" ? save : Effect.void
        // Interrupted within a step, parameters and log would not tell of the same one.
        const record = yield* Effect.tapError(takeStep(options, number), keepGood).pipe(
          Effect.tap((taken) => appendLog(log, taken)),
          Effect.uninterruptible,
        )
        options.onStep?.(record)
        yield* reportProgress({ task: "Training", done: number, total: steps, unit: "steps" })
        if (number % checkpointEvery === 0 || number === steps) yield* save
      }
    })
    yield* Effect.onInterrupt(go, () => Effect.ignore(save))
  })
