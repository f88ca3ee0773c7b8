import type { DeviceError, FailureDetails, GraphError } from "@parade/core"
import { isParadeError } from "@parade/core"
import type { Device, Feed, Feeds, Graph, Tensor } from "@parade/graph"
import { tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { adamWScalars, fullRate } from "./adamw.ts"
import type { AdamWOptions } from "./adamw.ts"
import { TrainingError } from "./error.ts"
import type { ParameterState, ParameterStore } from "./parameters.ts"
import { readFeed } from "./parameters.ts"
import { firstBroken } from "./_first-broken.ts"
import { disposeOf, runGraphs } from "./_run-graphs.ts"
import type { Computed, StatePlace, StepPrograms } from "./_run-graphs.ts"
import { stepGraphs } from "./_step-graph.ts"
import type { StepGraphs, TrainedParameter } from "./_step-graph.ts"

export interface StepOptions {
  /** Which weights of the graph are trained, by name; the others stay constant and cost no gradient. */
  readonly trainable?: (name: string) => boolean
  readonly optimizer?: AdamWOptions
  /** Batches a step averages over. Defaults to 1. */
  readonly accumulate?: number
  /** Keeps a running mean of the parameters, of which this share stays at each step: see {@link averages}. */
  readonly average?: number
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

const fail = (details: FailureDetails): Effect.Effect<never, TrainingError> =>
  Effect.fail(new TrainingError(details))

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

/** A loss or gradient that is no number: the place where it shows first, and the parameter. */
const notFinite = (
  step: number,
  loss: number | undefined,
  broken: string | undefined,
  parameter: string | undefined,
): Effect.Effect<never, TrainingError> => {
  const first = broken === undefined ? "" : `; the first value that is none is "${broken}"`
  const where = parameter === undefined ? "" : `; the gradient of "${parameter}" is no number`
  return fail({
    code: "training.not-finite",
    message: `At step ${step} the loss is ${loss}${where}${first}.`,
    advice:
      "Lower the rate, clip gradients more, or look for odd data; the parameters are those before the step.",
  })
}

/** Fails where the loss or a gradient is no number. */
const requireFinite = (
  programs: StepPrograms,
  store: ParameterStore,
  batches: readonly Feeds[],
  { metrics }: Computed,
  squares: Float32Array,
): Effect.Effect<void, TrainingError> =>
  Effect.gen(function* () {
    const bad = squares.findIndex((value) => !Number.isFinite(value))
    if (Number.isFinite(metrics["loss"]) && bad < 0) return
    let broken: string | undefined
    // What it costs to look matters no more; where the look fails, the loss is what there is to tell.
    for (const batch of batches)
      broken ??= yield* Effect.orElseSucceed(programs.firstBroken(store, batch), () => undefined)
    yield* notFinite(store.steps + 1, metrics["loss"], broken, programs.graphs.parameters[bad]?.name)
  })

const replaceStates = (
  store: ParameterStore,
  states: States,
  { results }: Computed,
  places: readonly StatePlace[],
): void => {
  for (const [name, old] of states) {
    const next = Object.fromEntries(places.map((place) => [place, results[`next.${place}.${name}`]!]))
    store.states.set(name, { ...old, ...next, updates: old.updates + 1 })
  }
  const left = [...states.values()].flatMap((old) => places.map((place) => old[place]))
  disposeOf(left.filter((feed) => feed !== undefined))
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
      const feeds: Record<string, Feed> = { ...optimizerFeeds(optimizer, states, rate) }
      for (const [name, state] of states)
        for (const place of programs.places) feeds[`${place}.${name}`] = feedOf(state, place)
      const computed = yield* runGraphs(programs, feeds, batches)
      const squares = yield* Effect.promise(() => readFeed(computed.results["gradient.squares"]!))
      yield* requireFinite(programs, store, batches, computed, squares)
      replaceStates(store, states, computed, programs.places)
      store.steps++
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
    const { trainable = () => true, optimizer = {}, accumulate = 1, average } = options
    if (average !== undefined && !(average >= 0 && average < 1))
      return yield* fail({
        code: "training.bad-option",
        message: `A running mean keeps a share from 0 up to, not with, 1, not ${average}.`,
      })
    if (!Number.isSafeInteger(accumulate) || accumulate < 1)
      return yield* fail({
        code: "training.bad-option",
        message: `Batches are accumulated by a whole number of them, not ${accumulate}.`,
      })
    const graphs = yield* builtGraphs(graph, { trainable, optimizer, accumulate, average })
    const add =
      graphs.add === undefined ? undefined : yield* device.compile(graphs.add, { layOutMemory: false })
    const update = yield* device.compile((graphs.whole ?? graphs.update)!, { layOutMemory: false })
    const places: readonly StatePlace[] = [
      "value",
      "first",
      "second",
      ...(average === undefined ? [] : (["average"] as const)),
    ]
    const programs: StepPrograms = {
      graphs,
      add,
      update,
      places,
      location: device.rowLocation,
      firstBroken: firstBroken(device, graph, trainable),
    }
    return { parameters: graphs.parameters, accumulate, run: runStep(programs, optimizer, accumulate) }
  })
