import { DeviceError } from "@parade/core"
import { isDeviceTensor } from "@parade/graph"
import type { Feed, Feeds, Fetch, Graph, Program } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { InferenceSession, OnnxValue } from "onnxruntime-node"
import { reasonOf } from "./_runtime.ts"
import type { Runtime } from "./_runtime.ts"
import { makeWrapper, unwrap } from "./_wrap.ts"

export const runFailed = (graph: Pick<Graph, "name">, cause: unknown): DeviceError =>
  cause instanceof DeviceError
    ? cause
    : new DeviceError({
        code: "device.run-failed",
        message: `Graph "${graph.name}" failed: ${reasonOf(cause)}`,
        advice: "Check the shapes fed to it.",
        fault: "bug",
        cause,
      })

/** An input that lies where this device cannot read it. */
export const foreignTensor = (graph: Pick<Graph, "name">, name: string): DeviceError =>
  new DeviceError({
    code: "device.foreign-tensor",
    message: `Input "${name}" of graph "${graph.name}" lies in the memory of another device.`,
    fault: "bug",
  })

/** The name, which onnxruntime would silently take for something else if it were unknown. */
export const checkOutput = (
  graph: Pick<Graph, "name">,
  outputs: ReadonlySet<string>,
  name: string,
): string => {
  if (outputs.has(name)) return name
  throw new DeviceError({
    code: "device.unknown-output",
    message: `Graph "${graph.name}" has no output "${name}".`,
    advice: `It has ${[...outputs].join(", ")}.`,
    fault: "bug",
  })
}

/** Feeds and outputs in ordinary memory. Interruption acts after the run: onnxruntime reads the feeds until then. */
export const hostRun = (
  runtime: Runtime,
  session: InferenceSession,
  graph: Pick<Graph, "name">,
): Program["run"] => {
  const wrap = makeWrapper(runtime)
  const outputs = new Set(session.outputNames)
  const collect = (feeds: Feeds): Record<string, OnnxValue> => {
    const collected: Record<string, OnnxValue> = {}
    for (const name of session.inputNames) {
      const feed = feeds[name]
      if (feed === undefined) continue
      if (isDeviceTensor(feed)) throw foreignTensor(graph, name)
      collected[name] = wrap(feed)
    }
    return collected
  }
  const run = async (feeds: Feeds, fetches: readonly Fetch[]): Promise<Record<string, Feed>> => {
    const names: Record<string, null> = {}
    for (const { name } of fetches) names[checkOutput(graph, outputs, name)] = null
    const results = await session.run(collect(feeds), names)
    const wanted: Record<string, Feed> = {}
    for (const { name } of fetches) wanted[name] = unwrap(results[name]!)
    return wanted
  }
  return (feeds, fetches) =>
    Effect.uninterruptible(
      Effect.callback((resume) => {
        run(feeds, fetches).then(
          (results) => resume(Effect.succeed(results)),
          (cause) => resume(Effect.fail(runFailed(graph, cause))),
        )
      }),
    )
}
