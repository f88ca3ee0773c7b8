import { DeviceError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { InferenceSession } from "onnxruntime-node"
import { reasonOf } from "./_runtime.ts"
import type { Runtime } from "./_runtime.ts"
import type { DeviceOptions } from "./options.ts"

/** What every session of a device is opened with. */
export interface SessionSettings {
  readonly provider: "cpu" | "webgpu" | "cuda"
  readonly threads: number
  readonly optimization: NonNullable<DeviceOptions["optimization"]>
  readonly extra: Readonly<Record<string, string>>
  /** Lay out the memory of a run for the next one of the same shapes; yes by default. */
  readonly layOutMemory?: boolean | undefined
  /** Leave all outputs in the device's memory. */
  readonly outputsOnDevice?: boolean
}

/** Only errors are worth a line on the terminal; they come as typed failures too. */
const ERRORS_ONLY = 3

const sessionOptions = (settings: SessionSettings): InferenceSession.SessionOptions => ({
  executionProviders: [settings.provider],
  intraOpNumThreads: settings.threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: settings.optimization,
  logSeverityLevel: ERRORS_ONLY,
  extra: { ...settings.extra },
  ...(settings.layOutMemory === false ? { enableMemPattern: false } : {}),
  ...(settings.outputsOnDevice === true ? { preferredOutputLocation: "gpu-buffer" as const } : {}),
})

/** A session over a model file or its bytes, released with the scope. */
export const openSession = (
  runtime: Runtime,
  model: string | Uint8Array,
  settings: SessionSettings,
  name: string,
): Effect.Effect<InferenceSession, DeviceError, Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () =>
        typeof model === "string"
          ? runtime.InferenceSession.create(model, sessionOptions(settings))
          : runtime.InferenceSession.create(model, sessionOptions(settings)),
      catch: (cause) =>
        new DeviceError({
          code: "device.session-failed",
          message: `onnxruntime refuses graph "${name}" on ${settings.provider}: ${reasonOf(cause)}`,
          path: typeof model === "string" ? model : undefined,
          advice: "Check that this device has the graph's operators, and memory for its constants.",
          fault: "environment",
          cause,
        }),
    }),
    (session) => Effect.ignore(Effect.tryPromise(() => session.release())),
  )
