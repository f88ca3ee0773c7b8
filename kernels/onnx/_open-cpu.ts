import { DeviceError } from "@parade/core"
import { makeHostRows } from "@parade/graph"
import type { FusedOperator } from "@parade/graph"
import * as Effect from "effect/Effect"
import { compileSession, reopenSession } from "./_compile.ts"
import { hostRun } from "./_host-program.ts"
import { runtimeVersion } from "./_runtime.ts"
import type { Runtime } from "./_runtime.ts"
import type { SessionSettings } from "./_session.ts"
import { cacheFolder } from "@parade/graph"
import { measureThreads } from "./measure-threads.ts"
import type { DeviceOptions, OnnxDevice } from "./options.ts"

/** Threads asked for or measured, and why. */
export const settleThreads = (
  options: DeviceOptions,
): Effect.Effect<{ readonly threads: number; readonly reason: string }, DeviceError> => {
  const { threads = "auto" } = options
  if (threads === "auto")
    return Effect.map(
      measureThreads({ cacheFolder: options.cacheFolder ?? cacheFolder(), extra: options.extra ?? {} }),
      (measured) => ({
        threads: measured.threads,
        reason: `${measured.threads} of ${measured.times.at(-1)?.threads ?? 1} threads, as measured on this machine`,
      }),
    )
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024)
    return Effect.fail(
      new DeviceError({
        code: "device.bad-option",
        message: `Threads must be "auto" or an integer from 1 to 1024, not ${threads}.`,
      }),
    )
  return Effect.succeed({ threads, reason: `${threads} threads, as asked` })
}

/** A device whose feeds and outputs are in ordinary memory. */
export const hostDevice = (
  runtime: Runtime,
  settings: SessionSettings,
  options: DeviceOptions,
  reason: string,
  without?: ReadonlySet<FusedOperator>,
): OnnxDevice => ({
  name: settings.provider,
  lowering: "fused",
  without,
  rowLocation: "host",
  widthInvariant: false,
  threads: settings.threads,
  reason,
  version: runtimeVersion(runtime),
  compile: (graph, compileOptions) =>
    Effect.map(
      compileSession(runtime, graph, settings, options.cacheFolder ?? cacheFolder(), compileOptions),
      (session) => ({ graph, run: hostRun(runtime, session, graph) }),
    ),
  reopen: (key) =>
    Effect.map(
      reopenSession(runtime, key, settings, options.cacheFolder ?? cacheFolder()),
      (found) =>
        found && {
          run: hostRun(runtime, found.session, found.record),
          weightBytes: found.record.weightBytes,
        },
    ),
  makeRows: makeHostRows,
})
