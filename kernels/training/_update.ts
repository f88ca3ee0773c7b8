import type { DeviceError } from "@parade/core"
import type { Feed, Feeds } from "@parade/graph"
import { isDeviceTensor } from "@parade/graph"
import type * as Effect from "effect/Effect"
import { readFeed } from "./parameters.ts"
import type { ParameterState } from "./parameters.ts"

export type Results = Readonly<Record<string, Feed>>

/** The parameters of a step by name. */
export type States = ReadonlyMap<string, ParameterState>

/** What a step found, before anything changes. */
export interface Found {
  readonly metrics: Readonly<Record<string, number>>
  /** The sum of squares of each parameter's gradient. */
  readonly squares: readonly number[]
  /** The parameters after the update. What they replace is no longer to be read. */
  readonly update: () => States
}

/** Computes losses and gradients of the batches, and what the parameters become. */
export type Update = (
  states: States,
  batches: readonly Feeds[],
  rate: number,
) => Effect.Effect<Found, DeviceError>

/** Moves buffers to a port that nobody listens to, which ends them. */
const handOver = (buffers: readonly ArrayBuffer[]): void => {
  const { port1, port2 } = new MessageChannel()
  port1.close()
  port2.close()
  port1.postMessage(undefined, [...buffers])
}

/**
 * Gives memory back at once that nobody reads any more. The garbage collector would come some steps later, when each
 * has left as much behind. Memory that a tensor shares stays.
 */
export const disposeOf = (feeds: readonly Feed[]): void => {
  const buffers: ArrayBuffer[] = []
  for (const feed of feeds)
    if (isDeviceTensor(feed)) feed.dispose()
    else if (feed.data.buffer instanceof ArrayBuffer && feed.data.byteLength === feed.data.buffer.byteLength)
      buffers.push(feed.data.buffer)
  if (buffers.length > 0) handOver(buffers)
}

/** The mean of each output that a batch gave. */
export const meansOf = async (names: readonly string[], results: Results): Promise<readonly number[]> => {
  const means: number[] = []
  for (const name of names) {
    const values = await readFeed(results[name]!)
    means.push(values.reduce((sum, value) => sum + value, 0) / values.length)
  }
  return means
}
