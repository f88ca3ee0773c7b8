import { GraphError, reportTask } from "@parade/core"
import type { DeviceError } from "@parade/core"
import { toOnnx } from "@parade/graph"
import type { CompileOptions, Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { InferenceSession } from "onnxruntime-node"
import { keptGraph, writeKept } from "./_kept-graph.ts"
import { type GraphRecord, readRecord, writeRecord } from "./_graph-record.ts"
import type { Runtime } from "./_runtime.ts"
import { openSession } from "./_session.ts"
import type { SessionSettings } from "./_session.ts"

const serialise = <A>(make: () => A): Effect.Effect<A, GraphError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(make())
    } catch (cause) {
      return cause instanceof GraphError ? Effect.fail(cause) : Effect.die(cause)
    }
  })

const openInMemory = (
  runtime: Runtime,
  graph: Graph,
  settings: SessionSettings,
): Effect.Effect<InferenceSession, DeviceError | GraphError, Scope> =>
  Effect.flatMap(
    serialise(() => toOnnx(graph).model),
    (model) => openSession(runtime, model, settings, graph.name),
  )

const openKept = (
  runtime: Runtime,
  graph: Graph,
  settings: SessionSettings,
  cacheFolder: string,
  key: string | undefined,
): Effect.Effect<InferenceSession, DeviceError | GraphError, Scope> =>
  Effect.gen(function* () {
    const kept = yield* serialise(() => keptGraph(graph, cacheFolder))
    const open = Effect.andThen(
      Effect.andThen(writeKept(graph, kept), reportTask("Starting the session")),
      openSession(runtime, kept.modelPath, settings, graph.name),
    )
    // A process that found the folder damaged may replace it between our look and our opening it: look once more.
    const session = yield* Effect.catchTag(open, "DeviceError", () => open)
    if (key !== undefined) yield* writeRecord(cacheFolder, key, graph, kept)
    return session
  })

/**
 * A session for what was kept under a key before. `undefined` where it is gone, is not what it was, or the runtime refuses it: then it is
 * built anew.
 */
export const reopenSession = (
  runtime: Runtime,
  key: string,
  settings: SessionSettings,
  cacheFolder: string,
): Effect.Effect<
  { readonly session: InferenceSession; readonly record: GraphRecord } | undefined,
  never,
  Scope
> =>
  Effect.gen(function* () {
    const found = yield* readRecord(cacheFolder, key)
    if (found === undefined) return undefined
    const { record, modelPath } = found
    yield* reportTask("Starting the session")
    const session = openSession(runtime, modelPath, settings, record.name)
    return yield* Effect.orElseSucceed(
      Effect.map(session, (opened) => ({ session: opened, record })),
      () => undefined,
    )
  })

/**
 * A session for a graph. `keep`: started from a folder below the cache folder, whose weights stay mapped, not
 * copied; where the disk does not allow it, from memory with a warning.
 */
export const compileSession = (
  runtime: Runtime,
  graph: Graph,
  deviceSettings: SessionSettings,
  cacheFolder: string,
  { keep = false, layOutMemory = true, key }: CompileOptions = {},
): Effect.Effect<InferenceSession, DeviceError | GraphError, Scope> => {
  const settings = layOutMemory ? deviceSettings : { ...deviceSettings, layOutMemory }
  if (!keep) return openInMemory(runtime, graph, settings)
  return Effect.catchTag(openKept(runtime, graph, settings, cacheFolder, key), "GraphError", (error) =>
    error.code === "graph.write-failed"
      ? Effect.andThen(
          Effect.logWarning(`${error.describe()} The graph is held in memory instead.`),
          openInMemory(runtime, graph, settings),
        )
      : Effect.fail(error),
  )
}
