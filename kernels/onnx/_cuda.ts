import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { DeviceError } from "@parade/core"
import { deviceAbsent } from "./_absent.ts"
import type { Runtime } from "./_runtime.ts"

/** The library that onnxruntime loads for CUDA, beside its own. */
const LIBRARY = "libonnxruntime_providers_cuda.so"

/** Fails unless onnxruntime's CUDA library is installed. Whether a GPU answers shows when a session is opened. */
export const requireCuda = (runtime: Runtime): Effect.Effect<void, DeviceError> =>
  Effect.suspend(() => {
    if (!runtime.listSupportedBackends().some(({ name }) => name === "cuda"))
      return Effect.fail(
        deviceAbsent(runtime, "cuda", `onnxruntime-node has none for ${process.platform}-${process.arch}`),
      )
    const main = createRequire(import.meta.url).resolve("onnxruntime-node")
    const folder = join(dirname(main), "..", "bin", "napi-v6", process.platform, process.arch)
    return existsSync(join(folder, LIBRARY))
      ? Effect.void
      : Effect.fail(deviceAbsent(runtime, "cuda", `${LIBRARY} is not installed`))
  })
