import { DeviceError } from "@parade/core"
import * as Effect from "effect/Effect"
import type * as onnxruntime from "onnxruntime-node"

export type Runtime = typeof onnxruntime

/**
 * onnxruntime, loaded when a device is first opened: its library is 45 MB. Its builds report to their maker what runs,
 * unless told before they load: they keep an identifier and a database among the user's files and make every process
 * wait at its end. Whoever wants that sets ORT_DISABLE_TELEMETRY=0.
 */
export const loadRuntime: Effect.Effect<Runtime, DeviceError> = Effect.tryPromise({
  try: () => {
    process.env["ORT_DISABLE_TELEMETRY"] ??= "1"
    return import("onnxruntime-node")
  },
  catch: (cause) =>
    new DeviceError({
      code: "device.runtime-missing",
      message: `onnxruntime-node does not load on ${process.platform}-${process.arch}.`,
      advice: "Install onnxruntime-node 1.30.0; it has libraries for Linux, macOS on arm64 and Windows.",
      fault: "environment",
      cause,
    }),
})

/** Version of the runtime. */
export const runtimeVersion = (runtime: Runtime): string =>
  runtime.env.versions.node ?? runtime.env.versions.common

/** The message of onnxruntime without its source position. */
export const reasonOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause))
    .replace(/^\S*onnxruntime_src\/\S+ .*?was false\. /s, "")
    .split("\n")[0]!
    .slice(0, 400)
