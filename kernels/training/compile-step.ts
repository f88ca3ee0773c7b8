import type { DeviceError, FailureDetails, GraphError } from "@parade/core"
import { isParadeError } from "@parade/core"
import type { Device, Feed, Feeds, Graph, Tensor } from "@parade/graph"
import { tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { adamWScalars } from "./adamw.ts"
import type { AdamWOptions } from "./adamw.ts"
import { TrainingError } from "./error.ts"
import type { ParameterState, ParameterStore } from "./parameters.ts"
import { readFeed } from "./parameters.ts"
import { disposeOf, runGraphs } from "./_run-graphs.ts"
import type { Computed, StepPrograms } from "./_run-graphs.ts"
import { stepGraphs } from "./_step-graph.ts"
import type { StepGraphs, TrainedParameter } from "./_step-graph.ts"

export interface StepOptions {
  /** Which weights of the graph are trained, by name; the others stay constant and cost no gradient. */
  readonly trainable?: (name: string) => boolean
  readonly optimizer?: AdamWOptions
  /** Batches a step averages over. Defaults to 1. */
  readonly accumulate?: number
}

export interface StepResult {
  /** The outputs of the loss graph, means over the batches; arrays of one number as that number. */
  readonly metrics: Readonly<Record<string, number>>
  /** Length of all gradients together, before clipping. */
  readonly gradientNorm: number
}

/** A loss graph compiled with its gradients and the update of its parameters. */
export interface TrainingStep {
  readonly parameters: readonly TrainedParameter[]
  /** Batches a step takes. */
  readonly accumulate: number
  /**
   * Takes one step: feeds the batches (as many as are accumulated) and puts new tensors in the places of the
   * parameters. Nothing changes where it fails, so the store always holds the last good parameters.
   */
  readonly run: (
    store: ParameterStore,
    batches: readonly Feeds[],
    rate: number,
  ) => Effect.Effect<StepResult, DeviceError | TrainingError>
}

const scalar = (value: number): Tensor => tensor("float32", [], Float32Array.of(value))

const fail = (details: FailureDetails): Effect.Effect<never, TrainingError> =>
  Effect.fail(new TrainingError(details))

const places = ["value", "first", "second"] as const

type States = ReadonlyMap<string, ParameterState>

const statesOf = (
  store: ParameterStore,
  parameters: readonly TrainedParameter[],
): Effect.Effect<States, TrainingError> => {
  const states = new Map<string, ParameterState>()
  for (const { name } of parameters) {
    const state = store.states.get(name)
    if (state === undefined)
      return fail({
        code: "training.missing-parameter",
        message: `The parameters do not contain "${name}".`,
        advice: "Add the parameters of every graph before its first step.",
        fault: "bug",
      })
    states.set(name, state)
  }
  return Effect.succeed(states)
}

/** A loss or gradient that is no number, with the parameter where it shows first. */
const requireFinite = (
  step: number,
  { metrics }: Computed,
  squares: Float32Array,
  parameters: readonly TrainedParameter[],
): Effect.Effect<void, TrainingError> => {
  const bad = squares.findIndex((value) => !Number.isFinite(value))
  if (Number.isFinite(metrics["loss"]) && bad < 0) return Effect.void
  const where = bad < 0 ? "" : `; the gradient of "${parameters[bad]!.name}" is no number`
  return fail({
    code: "training.not-finite",
    message: `At step ${step} the loss is ${metrics["loss"]}${where}.`,
    advice:
      "Lower the rate, clip gradients more, or look for odd data; the parameters are those before the step.",
  })
}

const replaceStates = (store: ParameterStore, states: States, { results }: Computed): void => {
  for (const [name, old] of states) {
    const next = (place: (typeof places)[number]): Feed => results[`next.${place}.${name}`]!
    store.states.set(name, { value: next("value"), first: next("first"), second: next("second") })
    for (const place of places) disposeOf(old[place])
  }
}

const runStep =
  (programs: StepPrograms, optimizer: AdamWOptions, accumulate: number): TrainingStep["run"] =>
  (store, batches, rate) =>
    Effect.gen(function* () {
      const { parameters } = programs.graphs
      if (batches.length !== accumulate)
        return yield* fail({
          code: "training.batch-count",
          message: `A step takes ${accumulate} batches, not ${batches.length}.`,
          fault: "bug",
        })
      const states = yield* statesOf(store, parameters)
      const step = store.steps + 1
      const feeds: Record<string, Feed> = {}
      for (const [name, state] of states) for (const place of places) feeds[`${place}.${name}`] = state[place]
      for (const [name, value] of Object.entries(adamWScalars(optimizer, step, rate)))
        feeds[`adamw.${name}`] = scalar(value)
      const computed = yield* runGraphs(programs, feeds, batches)
      const squares = yield* Effect.promise(() => readFeed(computed.results["gradient.squares"]!))
      yield* requireFinite(step, computed, squares, parameters)
      replaceStates(store, states, computed)
      store.steps = step
      return {
        metrics: computed.metrics,
        gradientNorm: Math.sqrt(squares.reduce((sum, value) => sum + value, 0)),
      }
    })

const builtGraphs = (
  ...request: Parameters<typeof stepGraphs>
): Effect.Effect<StepGraphs, TrainingError | GraphError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(stepGraphs(...request))
    } catch (cause) {
      if (isParadeError(cause)) return Effect.fail(cause as TrainingError | GraphError)
      throw cause
    }
  })

/**
 * Compiles a loss graph into a training step: loss, gradients and update run as one graph where nothing is accumulated,
 * so gradients never leave the device; parameters and their means are swapped by reference. Shapes are best given as
 * numbers. The output `loss` is one number; other outputs are metrics and are averaged.
 */
export const compileStep = (
  device: Device,
  graph: Graph,
  options: StepOptions = {},
): Effect.Effect<TrainingStep, TrainingError | DeviceError | GraphError, Scope> =>
  Effect.gen(function* () {
    const { trainable = () => true, optimizer = {}, accumulate = 1 } = options
    if (!Number.isSafeInteger(accumulate) || accumulate < 1)
      return yield* fail({
        code: "training.bad-option",
        message: `Batches are accumulated by a whole number of them, not ${accumulate}.`,
      })
    const graphs = yield* builtGraphs(graph, { trainable, optimizer, accumulate })
    const add = graphs.add === undefined ? undefined : yield* device.compile(graphs.add)
    const update = yield* device.compile((graphs.whole ?? graphs.update)!)
    const programs = { graphs, add, update, location: device.rowLocation }
    return { parameters: graphs.parameters, accumulate, run: runStep(programs, optimizer, accumulate) }
  })
