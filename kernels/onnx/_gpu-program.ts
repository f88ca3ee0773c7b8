import type { DeviceError } from "@parade/core"
import { evaluateDimension, isDeviceTensor, isName } from "@parade/graph"
import type { Feed, Feeds, Fetch, Graph, Program } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { InferenceSession, OnnxValue } from "onnxruntime-node"
import type { GpuMemory, GpuTensor } from "./_gpu-memory.ts"
import { checkOutput, foreignTensor, runFailed } from "./_host-program.ts"
import type { Runtime } from "./_runtime.ts"
import { makeWrapper, unwrap } from "./_wrap.ts"

/** A fetch into memory that is there already: the output then takes its place. */
export interface FetchInto extends Fetch {
  readonly into?: GpuTensor
}

export interface GpuProgram extends Program {
  readonly runInto: (
    feeds: Feeds,
    fetches: readonly FetchInto[],
  ) => Effect.Effect<Readonly<Record<string, Feed>>, DeviceError>
}

const isGpuTensor = (feed: Feed): feed is GpuTensor => isDeviceTensor(feed) && "handle" in feed

/** What the names in a graph's input shapes stand for, given what is fed. */
const dimensionNames = (graph: Graph, feeds: Feeds): ReadonlyMap<string, number> => {
  const names = new Map<string, number>()
  for (const { name, shape } of graph.inputs)
    for (const [axis, dimension] of shape.entries())
      if (isName(dimension)) names.set(dimension, feeds[name]?.dims[axis] ?? 0)
  return names
}

/**
 * Outputs wanted on the device are computed into memory allocated before: the binding can leave outputs where they
 * are too, but then only all outputs of a graph at once.
 */
export const gpuProgram = (
  runtime: Runtime,
  session: InferenceSession,
  graph: Graph,
  memory: GpuMemory,
): GpuProgram => {
  const wrap = makeWrapper(runtime)
  const outputs = new Set(session.outputNames)
  const collect = (feeds: Feeds): Record<string, OnnxValue> => {
    const collected: Record<string, OnnxValue> = {}
    for (const name of session.inputNames) {
      const feed = feeds[name]
      if (feed === undefined) continue
      if (!isDeviceTensor(feed)) collected[name] = wrap(feed)
      else if (isGpuTensor(feed)) collected[name] = feed.handle()
      else throw foreignTensor(graph, name)
    }
    return collected
  }
  const place = async (fetch: FetchInto, names: ReadonlyMap<string, number>): Promise<GpuTensor | null> => {
    if (fetch.into !== undefined) return fetch.into
    if (fetch.location !== "device") return null
    const { type, shape } = graph.outputs.find(({ name }) => name === fetch.name)!
    const dims = shape.map((dimension) => evaluateDimension(dimension, names))
    return dims.includes(0) ? null : memory.allocate(type, dims, false)
  }
  const run = async (feeds: Feeds, fetches: readonly FetchInto[]): Promise<Record<string, Feed>> => {
    const names = dimensionNames(graph, feeds)
    const placed = new Map<string, GpuTensor>()
    const targets: Record<string, OnnxValue | null> = {}
    try {
      for (const fetch of fetches) {
        const target = await place(fetch, (checkOutput(graph, outputs, fetch.name), names))
        targets[fetch.name] = target === null ? null : target.handle()
        if (target !== null) placed.set(fetch.name, target)
      }
      const results = await session.run(collect(feeds), targets as InferenceSession.FetchesType)
      const wanted: Record<string, Feed> = {}
      for (const { name } of fetches) wanted[name] = placed.get(name) ?? unwrap(results[name]!)
      return wanted
    } catch (cause) {
      for (const { name, into } of fetches) if (into === undefined) placed.get(name)?.dispose()
      throw cause
    }
  }
  const runInto: GpuProgram["runInto"] = (feeds, fetches) =>
    Effect.uninterruptible(
      Effect.callback((resume) => {
        run(feeds, fetches).then(
          (wanted) => resume(Effect.succeed(wanted)),
          (cause) => resume(Effect.fail(runFailed(graph, cause))),
        )
      }),
    )
  return { graph, runInto, run: runInto }
}
