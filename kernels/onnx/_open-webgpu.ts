import type { DeviceError, RowLayout } from "@parade/core"
import { placeParts } from "@parade/graph"
import type { FusedOperator, Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { deviceAbsent } from "./_absent.ts"
import { compileSession } from "./_compile.ts"
import { softwareVulkan } from "./_gpu-adapter.ts"
import { openGpuMemory } from "./_gpu-memory.ts"
import type { GpuMemory } from "./_gpu-memory.ts"
import { gpuProgram } from "./_gpu-program.ts"
import type { GpuProgram } from "./_gpu-program.ts"
import { keepGraph, loadGraph, readGraph, writeGraph } from "./_gpu-row-graphs.ts"
import { makeGpuRows } from "./_gpu-rows.ts"
import type { RowPrograms } from "./_gpu-rows.ts"
import { reasonOf, runtimeVersion } from "./_runtime.ts"
import type { Runtime } from "./_runtime.ts"
import type { SessionSettings } from "./_session.ts"
import { missingVulkan } from "./_vulkan.ts"
import { cacheFolder } from "@parade/graph"
import type { DeviceOptions, OnnxDevice } from "./options.ts"

/** Computed on the processor otherwise, with copies there and back. */
const without: ReadonlySet<FusedOperator> = new Set<FusedOperator>([
  "Attention",
  "FusedMatMul",
  "If",
  "MatMulIntegerToFloat",
  // It gives the mean in its place.
  "NormDeviation",
])

/** The programs that move rows, compiled once a layout, released with the device. */
const rowPrograms = (
  layout: RowLayout,
  compile: (graph: Graph) => Effect.Effect<GpuProgram, DeviceError>,
): Effect.Effect<RowPrograms> => {
  const parts = placeParts(layout)
  const lazily = (make: typeof writeGraph): Effect.Effect<Effect.Effect<GpuProgram, DeviceError>> =>
    Effect.cached(Effect.suspend(() => compile(make(parts))))
  return Effect.all({
    write: lazily(writeGraph),
    keep: lazily(keepGraph),
    load: lazily(loadGraph),
    read: lazily(readGraph),
  })
}

const openMemory = (
  runtime: Runtime,
  settings: SessionSettings,
): Effect.Effect<GpuMemory, DeviceError, Scope.Scope> =>
  Effect.mapError(openGpuMemory(runtime, settings), (error) =>
    deviceAbsent(runtime, "webgpu", reasonOf(error.cause), error.cause),
  )

/** WebGPU by the library of onnxruntime-node; rows stay in the memory of the graphics processor. */
export const openWebgpu = (
  runtime: Runtime,
  settings: SessionSettings,
  options: DeviceOptions,
  reason: string,
): Effect.Effect<OnnxDevice, DeviceError, Scope.Scope> =>
  Effect.gen(function* () {
    if (!runtime.listSupportedBackends().some(({ name }) => name === "webgpu"))
      return yield* Effect.fail(
        deviceAbsent(runtime, "webgpu", `onnxruntime-node has none for ${process.platform}-${process.arch}`),
      )
    const missing = missingVulkan()
    if (missing !== undefined) return yield* Effect.fail(deviceAbsent(runtime, "webgpu", missing))
    const scope = yield* Effect.scope
    const memory = yield* openMemory(runtime, settings)
    const folder = options.cacheFolder ?? cacheFolder()
    const compile = (graph: Graph, keep = false) =>
      Effect.map(compileSession(runtime, graph, settings, folder, { keep }), (session) =>
        gpuProgram(runtime, session, graph, memory),
      )
    const known = new Map<string, RowPrograms>()
    const programsOf = (layout: RowLayout): Effect.Effect<RowPrograms> =>
      Effect.suspend(() => {
        const found = known.get(layout.key)
        if (found !== undefined) return Effect.succeed(found)
        const forDevice = (graph: Graph): Effect.Effect<GpuProgram, DeviceError> =>
          compile(graph).pipe(Effect.catchTag("GraphError", Effect.die), Scope.provide(scope))
        return Effect.tap(rowPrograms(layout, forDevice), (programs) =>
          Effect.sync(() => known.set(layout.key, programs)),
        )
      })
    const device: OnnxDevice = {
      name: "webgpu",
      lowering: "fused",
      without,
      rowLocation: "device",
      widthInvariant: false,
      threads: settings.threads,
      reason: softwareVulkan(process.env) ? `${reason}, by a software driver` : reason,
      version: runtimeVersion(runtime),
      compile: (graph, compileOptions) => compile(graph, compileOptions?.keep),
      makeRows: (layout, step) =>
        Effect.flatMap(programsOf(layout), (programs) => makeGpuRows(layout, step, memory, programs)),
    }
    return device
  })
