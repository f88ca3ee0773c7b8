import type { DeviceError, GraphError } from "@parade/core"
import type { Device, Feed, Fetch } from "@parade/graph"
import { tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { adamWScalars, defaultDecay, fullRate } from "./adamw.ts"
import type { AdamWOptions } from "./adamw.ts"
import { OptimizerKernel } from "./_optimizer-kernel.ts"
import type { ParameterState } from "./parameters.ts"
import { gradientOf } from "./_step-graph.ts"
import type { GradientGraph } from "./_step-graph.ts"
import { disposeOf, meansOf } from "./_update.ts"
import type { Results, States, Update } from "./_update.ts"

interface HostOptions {
  readonly optimizer: AdamWOptions
  /** The share of a running mean that stays; none is kept where absent. */
  readonly average: number | undefined
}

/** Gradients by parameter, in memory that nobody else reads. */
type Gradients = ReadonlyMap<string, Float32Array>

const floats = (feed: Feed): Float32Array => {
  if ("read" in feed) throw new Error("a parameter of this device lies in ordinary memory")
  return feed.data as Float32Array
}

/** What gradients are multiplied by so that all together are no longer than `clip`. */
const clipFactor = (squares: readonly number[], clip: number): number => {
  const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0))
  return Math.min(1, clip / (norm + 1e-6))
}

/** Every parameter and its means changed where they lie; see `adamW` for the formula. */
const updated = (
  kernel: OptimizerKernel,
  states: States,
  gradients: Gradients,
  factor: number,
  rate: number,
  { optimizer, average }: HostOptions,
): States => {
  const { beta1 = 0.9, beta2 = 0.95, decay = defaultDecay, share = fullRate } = optimizer
  const next = ([name, state]: readonly [string, ParameterState]): readonly [string, ParameterState] => {
    const { value, first, second, updates } = state
    const own = rate * share(name)
    const { size, epsilon } = adamWScalars(optimizer, updates + 1, own)
    const kept = 1 - own * decay(name, value.dims)
    const arrays = { value: floats(value), first: floats(first), second: floats(second) }
    // An average starts at the value.
    const mean =
      average === undefined
        ? undefined
        : (state.average ?? tensor("float32", value.dims, arrays.value.slice()))
    kernel.adamW({ ...arrays, gradient: gradients.get(name)! }, [
      beta1,
      factor * (1 - beta1),
      beta2,
      factor * factor * (1 - beta2),
      epsilon,
      size,
      kept,
    ])
    if (mean === undefined) return [name, { ...state, updates: updates + 1 }]
    kernel.blend(floats(mean), average!, arrays.value, 1 - average!)
    return [name, { ...state, average: mean, updates: updates + 1 }]
  }
  return new Map([...states].map(next))
}

/**
 * A graph that gives gradients, and an update of the parameters where they lie: for devices whose results come to
 * ordinary memory. Gradients leave the device, a third of what parameters and means would be.
 */
export const hostUpdate = (
  device: Device,
  { parameters, metrics, gradients }: GradientGraph,
  options: HostOptions,
): Effect.Effect<Update, DeviceError | GraphError, Scope> =>
  Effect.gen(function* () {
    const program = yield* device.compile(gradients, { layOutMemory: false })
    const kernel = new OptimizerKernel()
    const fetches = [...metrics, ...parameters.map(({ name }) => gradientOf(name))].map((name): Fetch => ({
      name,
    }))
    const gradientsIn = (results: Results): Gradients =>
      new Map(parameters.map(({ name }) => [name, floats(results[gradientOf(name)]!)]))
    const release = (results: Results): void =>
      disposeOf(parameters.map(({ name }) => results[gradientOf(name)]!))
    return (states, batches, rate) =>
      Effect.gen(function* () {
        const feeds: Record<string, Feed> = {}
        for (const [name, { value }] of states) feeds[`value.${name}`] = value
        const totals = metrics.map(() => 0)
        let sums: Results | undefined
        for (const batch of batches) {
          const results = yield* program.run({ ...batch, ...feeds }, fetches)
          const means = yield* Effect.promise(() => meansOf(metrics, results))
          means.forEach((mean, i) => (totals[i]! += mean / batches.length))
          const share = 1 / batches.length
          const into = gradientsIn(sums ?? results)
          // The mean over the batches: the first one's gradients are made smaller where they are, others added.
          if (sums !== undefined) {
            for (const [name, found] of gradientsIn(results)) kernel.blend(into.get(name)!, 1, found, share)
            release(results)
          } else if (share < 1) for (const own of into.values()) kernel.blend(own, share, own, 0)
          sums ??= results
        }
        const found = gradientsIn(sums!)
        const squares = [...found.values()].map((gradient) => kernel.squares(gradient))
        return {
          metrics: Object.fromEntries(metrics.map((name, i) => [name, totals[i]!])),
          squares,
          update: () => {
            const factor = clipFactor(squares, options.optimizer.clip ?? 1)
            const next = updated(kernel, states, found, factor, rate, options)
            release(sums!)
            return next
          },
        }
      })
  })
