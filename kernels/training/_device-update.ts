import type { DeviceError, GraphError } from "@parade/core"
import type { Device, Feed, Feeds, Fetch, Program, Tensor } from "@parade/graph"
import { tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { adamWScalars, fullRate } from "./adamw.ts"
import type { AdamWOptions } from "./adamw.ts"
import { readFeed } from "./parameters.ts"
import type { ParameterState } from "./parameters.ts"
import type { StepGraphs, TrainedParameter } from "./_step-graph.ts"
import { disposeOf, meansOf } from "./_update.ts"
import type { Results, States, Update } from "./_update.ts"

/** A tensor of a parameter's state. */
type StatePlace = "value" | "first" | "second" | "average"

/** The graphs of a step made ready. */
interface StepPrograms {
  readonly graphs: StepGraphs
  /** Adds up gradients, where a step has several batches. */
  readonly add: Program | undefined
  /** Updates; computes the gradients too where a step has one batch. */
  readonly update: Program
  /** What is fed and comes back of each parameter. */
  readonly places: readonly StatePlace[]
}

/** What the parameters of a step become, and its metrics. */
interface Computed {
  readonly metrics: Readonly<Record<string, number>>
  readonly results: Results
}

/** The feed of a parameter's state; an average starts at the value. */
const feedOf = (state: ParameterState, place: StatePlace): Feed =>
  place === "average" ? (state.average ?? state.value) : state[place]

/** What AdamW is told of each parameter. */
const optimizerFeeds = (optimizer: AdamWOptions, states: States, rate: number): Feeds => {
  const { share = fullRate } = optimizer
  const all = [...states].map(([name, { updates }]) =>
    adamWScalars(optimizer, updates + 1, rate * share(name)),
  )
  const column = (name: "size" | "epsilon"): Tensor =>
    tensor(
      "float32",
      [all.length],
      Float32Array.from(all, (one) => one[name]),
    )
  return {
    "adamw.rate": tensor("float32", [], Float32Array.of(rate)),
    "adamw.size": column("size"),
    "adamw.epsilon": column("epsilon"),
  }
}

const updateFetches = ({ graphs, places }: StepPrograms): readonly Fetch[] => [
  { name: "gradient.squares" },
  ...graphs.parameters.flatMap(({ name }) =>
    places.map((place): Fetch => ({ name: `next.${place}.${name}`, location: "device" })),
  ),
]

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
      ...parameters.map(({ name }): Fetch => ({ name: `next.sum.${name}`, location: "device" })),
    ]
    let sums: Feeds = Object.fromEntries(parameters.map(noSum))
    for (const batch of batches) {
      const results = yield* programs.add.run({ ...batch, ...feeds, ...sums }, fetches)
      const means = yield* Effect.promise(() => meansOf(metrics, results))
      means.forEach((mean, i) => (totals[i]! += mean / batches.length))
      disposeOf(Object.values(sums))
      sums = Object.fromEntries(parameters.map(({ name }) => [`sum.${name}`, results[`next.sum.${name}`]!]))
    }
    const results = yield* programs.update.run({ ...feeds, ...sums }, updateFetches(programs))
    disposeOf(Object.values(sums))
    return { metrics: Object.fromEntries(metrics.map((name, i) => [name, totals[i]!])), results }
  })

/** Computes what the parameters become; `feeds` are the parameters and what the optimiser is told. */
const runGraphs = (
  programs: StepPrograms,
  feeds: Feeds,
  batches: readonly Feeds[],
): Effect.Effect<Computed, DeviceError> => {
  const { add, update, graphs } = programs
  if (add !== undefined) return runSeveral({ ...programs, add }, feeds, batches)
  return Effect.gen(function* () {
    const fetches = [...graphs.metrics.map((name): Fetch => ({ name })), ...updateFetches(programs)]
    const results = yield* update.run({ ...batches[0], ...feeds }, fetches)
    const means = yield* Effect.promise(() => meansOf(graphs.metrics, results))
    return { metrics: Object.fromEntries(graphs.metrics.map((name, i) => [name, means[i]!])), results }
  })
}

/** The parameters' new tensors in place of the old ones, whose memory is given back. */
const replaced = (states: States, results: Results, places: readonly StatePlace[]): States => {
  const left = [...states.values()].flatMap((old) => places.map((place) => old[place]))
  disposeOf(left.filter((feed) => feed !== undefined))
  return new Map(
    [...states].map(([name, old]) => {
      const next = Object.fromEntries(places.map((place) => [place, results[`next.${place}.${name}`]!]))
      return [name, { ...old, ...next, updates: old.updates + 1 }]
    }),
  )
}

/** Everything as one graph, or two where gradients are added up: nothing but losses and norms leaves the device. */
export const deviceUpdate = (
  device: Device,
  graphs: StepGraphs,
  { optimizer, average }: { readonly optimizer: AdamWOptions; readonly average: number | undefined },
): Effect.Effect<Update, DeviceError | GraphError, Scope> =>
  Effect.gen(function* () {
    const add =
      graphs.add === undefined ? undefined : yield* device.compile(graphs.add, { layOutMemory: false })
    const update = yield* device.compile((graphs.whole ?? graphs.update)!, { layOutMemory: false })
    const places: readonly StatePlace[] = [
      "value",
      "first",
      "second",
      ...(average === undefined ? [] : (["average"] as const)),
    ]
    const programs: StepPrograms = { graphs, add, update, places }
    return (states, batches, rate) =>
      Effect.gen(function* () {
        const feeds: Record<string, Feed> = { ...optimizerFeeds(optimizer, states, rate) }
        for (const [name, state] of states)
          for (const place of places) feeds[`${place}.${name}`] = feedOf(state, place)
        const { metrics, results } = yield* runGraphs(programs, feeds, batches)
        const squares = yield* Effect.promise(() => readFeed(results["gradient.squares"]!))
        return { metrics, squares: Array.from(squares), update: () => replaced(states, results, places) }
      })
  })
