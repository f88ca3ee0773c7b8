import { DeviceError } from "@parade/core"
import { GraphBuilder, toOnnx } from "@parade/graph"
import type { FusedOperator } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { deviceAbsent } from "./_absent.ts"
import { requireCuda } from "./_cuda.ts"
import { noRealAdapter } from "./_gpu-adapter.ts"
import { hostDevice, settleThreads } from "./_open-cpu.ts"
import { openWebgpu } from "./_open-webgpu.ts"
import { loadRuntime, reasonOf } from "./_runtime.ts"
import type { Runtime } from "./_runtime.ts"
import { openSession } from "./_session.ts"
import type { SessionSettings } from "./_session.ts"
import type { DeviceName, DeviceOptions, OnnxDevice } from "./options.ts"

type Opened = Effect.Effect<OnnxDevice, DeviceError, Scope>

const settingsOf = (
  provider: SessionSettings["provider"],
  threads: number,
  options: DeviceOptions,
): SessionSettings => ({
  provider,
  threads,
  optimization: options.optimization ?? "all",
  extra: options.extra ?? {},
})

/** Beside a graphics processor, the processor computes next to nothing. */
const hostThreads = (options: DeviceOptions): number =>
  typeof options.threads === "number" ? options.threads : 1

const openCpu = (runtime: Runtime, options: DeviceOptions, reason: string): Opened =>
  Effect.map(settleThreads(options), (settled) =>
    hostDevice(runtime, settingsOf("cpu", settled.threads, options), options, `${reason}; ${settled.reason}`),
  )

/** Chosen for the processor, by measurement; what they would cost elsewhere is not known. */
const onProcessorOnly: ReadonlySet<FusedOperator> = new Set<FusedOperator>(["Attention", "If"])

const openCuda = (runtime: Runtime, options: DeviceOptions, reason: string): Opened =>
  Effect.gen(function* () {
    yield* requireCuda(runtime)
    const settings = settingsOf("cuda", hostThreads(options), options)
    const g = new GraphBuilder("probe")
    g.output("y", g.input("x", "float32", ["N"]))
    // The library is there; whether CUDA and a GPU are shows when a session is opened.
    yield* Effect.scoped(openSession(runtime, toOnnx(g.build()).model, settings, "probe")).pipe(
      Effect.mapError((error) => deviceAbsent(runtime, "cuda", reasonOf(error.cause), error.cause)),
    )
    return hostDevice(runtime, settings, options, reason, onProcessorOnly)
  })

const openAuto = (runtime: Runtime, options: DeviceOptions): Opened =>
  Effect.gen(function* () {
    const cuda = yield* Effect.result(openCuda(runtime, options, "chosen: a CUDA device is present"))
    if (cuda._tag === "Success") return cuda.success
    const missing = noRealAdapter()
    if (missing !== undefined) return yield* openCpu(runtime, options, `chosen: ${missing}`)
    const settings = settingsOf("webgpu", hostThreads(options), options)
    return yield* Effect.catchTag(
      openWebgpu(runtime, settings, options, "chosen: a graphics processor is present"),
      "DeviceError",
      (error) => openCpu(runtime, options, `chosen: ${error.message}`),
    )
  })

const open: Readonly<Record<DeviceName, (runtime: Runtime, options: DeviceOptions) => Opened>> = {
  cpu: (runtime, options) => openCpu(runtime, options, "asked for"),
  webgpu: (runtime, options) =>
    openWebgpu(runtime, settingsOf("webgpu", hostThreads(options), options), options, "asked for"),
  cuda: (runtime, options) => openCuda(runtime, options, "asked for"),
  auto: openAuto,
}

/**
 * Opens a device of onnxruntime; sessions, memory and the device itself are released with the scope.
 * A device that is not there fails with `device.absent`, which says what to install.
 *
 * @example
 * ```ts
 * import { GraphBuilder, ops, tensor } from "@parade/graph"
 * import { openDevice } from "@parade/onnx"
 * import * as Effect from "effect/Effect"
 *
 * const g = new GraphBuilder("double")
 * const x = g.input("x", "float32", ["N"])
 * g.output("y", ops.add(g, x, x))
 *
 * const program = Effect.gen(function* () {
 *   const device = yield* openDevice("cpu")
 *   const double = yield* device.compile(g.build())
 *   return yield* double.run({ x: tensor("float32", [2], Float32Array.of(1, 2)) }, [{ name: "y" }])
 * })
 * const { y } = await Effect.runPromise(Effect.scoped(program))
 * ```
 */
export const openDevice = (name: DeviceName, options: DeviceOptions = {}): Opened =>
  Effect.flatMap(loadRuntime, (runtime) => {
    const found = Object.hasOwn(open, name) ? open[name] : undefined
    return found === undefined
      ? Effect.fail(
          new DeviceError({
            code: "device.unknown",
            message: `There is no device "${name}".`,
            advice: `Devices are ${Object.keys(open).join(", ")}.`,
          }),
        )
      : found(runtime, options)
  })
