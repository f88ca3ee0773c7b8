import type { DeviceError } from "@parade/core"
import type { Feed, Feeds, Fetch, Program } from "@parade/graph"
import { isDeviceTensor, tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { firstBroken } from "./_first-broken.ts"
import { readFeed } from "./parameters.ts"
import type { StepGraphs, TrainedParameter } from "./_step-graph.ts"

export type Results = Readonly<Record<string, Feed>>

/** A tensor of a parameter's state. */
export type StatePlace = "value" | "first" | "second" | "average"

/** The graphs of a step made ready. */
export interface StepPrograms {
  readonly graphs: StepGraphs
  /** Adds up gradients, where a step has several batches. */
  readonly add: Program | undefined
  /** Updates; computes the gradients too where a step has one batch. */
  readonly update: Program
  /** What is fed and comes back of each parameter. */
  readonly places: readonly StatePlace[]
  /** Where parameters are kept between steps. */
  readonly location: "host" | "device"
  /** Where a batch first leaves the numbers. */
  readonly firstBroken: ReturnType<typeof firstBroken>
}

/** What the parameters of a step become, and its metrics. */
export interface Computed {
  readonly metrics: Readonly<Record<string, number>>
  readonly results: Results
}

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

const updateFetches = ({ graphs, location, places }: StepPrograms): readonly Fetch[] => [
  { name: "gradient.squares" },
  ...graphs.parameters.flatMap(({ name }) =>
    places.map((place) => ({ name: `next.${place}.${name}`, location })),
  ),
]

/** The mean of each output that a batch gave. */
const measure = async (names: readonly string[], results: Results): Promise<readonly number[]> => {
  const means: number[] = []
  for (const name of names) {
    const values = await readFeed(results[name]!)
    means.push(values.reduce((sum, value) => sum + value, 0) / values.length)
  }
  return means
}

const noSum = ({ name, shape }: TrainedParameter): readonly [string, Feed] => {
  const length = shape.reduce((product, size) => product * size, 1)
  return [`sum.${name}`, tensor("float32", shape, new Float32Array(length))]
}

/** Adds up the gradients of the batches, then updates. */
const runSeveral = (
  programs: StepPrograms & { readonly add: Program },
  feeds: Feeds,
  batches: readonly Feeds[],
): Effect.Effect<Computed, DeviceError> =>
  Effect.gen(function* () {
    const { parameters, metrics } = programs.graphs
    const totals = metrics.map(() => 0)
    const fetches = [
      ...metrics.map((name): Fetch => ({ name })),
      ...parameters.map(({ name }) => ({ name: `next.sum.${name}`, location: programs.location })),
    ]
    let sums: Feeds = Object.fromEntries(parameters.map(noSum))
    for (const batch of batches) {
      const results = yield* programs.add.run({ ...batch, ...feeds, ...sums }, fetches)
      const means = yield* Effect.promise(() => measure(metrics, results))
      means.forEach((mean, i) => (totals[i]! += mean / batches.length))
      disposeOf(Object.values(sums))
      sums = Object.fromEntries(parameters.map(({ name }) => [`sum.${name}`, results[`next.sum.${name}`]!]))
    }
    const results = yield* programs.update.run({ ...feeds, ...sums }, updateFetches(programs))
    disposeOf(Object.values(sums))
    return { metrics: Object.fromEntries(metrics.map((name, i) => [name, totals[i]!])), results }
  })

/** Computes what the parameters become; `feeds` are the parameters and what the optimiser is told. */
export const runGraphs = (
  programs: StepPrograms,
  feeds: Feeds,
  batches: readonly Feeds[],
): Effect.Effect<Computed, DeviceError> => {
  const { add, update, graphs } = programs
  if (add !== undefined) return runSeveral({ ...programs, add }, feeds, batches)
  return Effect.gen(function* () {
    const fetches = [...graphs.metrics.map((name): Fetch => ({ name })), ...updateFetches(programs)]
    const results = yield* update.run({ ...batches[0], ...feeds }, fetches)
    const means = yield* Effect.promise(() => measure(graphs.metrics, results))
    return { metrics: Object.fromEntries(graphs.metrics.map((name, i) => [name, means[i]!])), results }
  })
}
