import type { DeviceError, FailureDetails, GraphError } from "@parade/core"
import { isParadeError } from "@parade/core"
import type { Device, Feeds, Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { AdamWOptions } from "./adamw.ts"
import { deviceUpdate } from "./_device-update.ts"
import { TrainingError } from "./error.ts"
import { firstBroken } from "./_first-broken.ts"
import { hostUpdate } from "./_host-update.ts"
import type { ParameterState, ParameterStore } from "./parameters.ts"
import { gradientGraph, stepGraphs } from "./_step-graph.ts"
import type { TrainedParameter } from "./_step-graph.ts"
import type { Found, States, Update } from "./_update.ts"

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
   * Takes one step: feeds the batches (as many as are accumulated) and updates the parameters, in place where they lie in
   * ordinary memory. Nothing changes where it fails, so the store always holds the last good parameters.
   */
  readonly run: (
    store: ParameterStore,
    batches: readonly Feeds[],
    rate: number,
  ) => Effect.Effect<StepResult, DeviceError | TrainingError>
}

const fail = (details: FailureDetails): Effect.Effect<never, TrainingError> =>
  Effect.fail(new TrainingError(details))

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

/** A step made ready. */
interface StepProgram {
  readonly parameters: readonly TrainedParameter[]
  readonly accumulate: number
  readonly update: Update
  /** Where a batch first leaves the numbers. */
  readonly firstBroken: ReturnType<typeof firstBroken>
}

/** Fails where the loss or a gradient is no number. */
const requireFinite = (
  program: StepProgram,
  store: ParameterStore,
  batches: readonly Feeds[],
  { metrics, squares }: Found,
): Effect.Effect<void, TrainingError> =>
  Effect.gen(function* () {
    const bad = squares.findIndex((value) => !Number.isFinite(value))
    if (Number.isFinite(metrics["loss"]) && bad < 0) return
    let broken: string | undefined
    // What it costs to look matters no more; where the look fails, the loss is what there is to tell.
    for (const batch of batches)
      broken ??= yield* Effect.orElseSucceed(program.firstBroken(store, batch), () => undefined)
    yield* notFinite(store.steps + 1, metrics["loss"], broken, program.parameters[bad]?.name)
  })

const runStep =
  (program: StepProgram): TrainingStep["run"] =>
  (store, batches, rate) =>
    Effect.gen(function* () {
      const { accumulate } = program
      if (batches.length !== accumulate)
        return yield* fail({
          code: "training.batch-count",
          message: `A step takes ${accumulate} batches, not ${batches.length}.`,
          fault: "bug",
        })
      const states = yield* statesOf(store, program.parameters)
      const found = yield* program.update(states, batches, rate)
      yield* requireFinite(program, store, batches, found)
      for (const [name, state] of found.update()) store.states.set(name, state)
      store.steps++
      return {
        metrics: found.metrics,
        gradientNorm: Math.sqrt(found.squares.reduce((sum, value) => sum + value, 0)),
      }
    })

const built = <A>(build: () => A): Effect.Effect<A, TrainingError | GraphError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(build())
    } catch (cause) {
      if (isParadeError(cause)) return Effect.fail(cause as TrainingError | GraphError)
      throw cause
    }
  })

/**
 * Compiles a loss graph into a training step. On a device with memory of its own, loss, gradients and update run as one
 * graph where nothing is accumulated, so gradients never leave it, and parameters and their means are swapped by
 * reference; elsewhere gradients come out of the graph and one pass over the parameters updates them in place. Shapes are
 * best given as numbers. The output `loss` is one number; other outputs are metrics and are averaged.
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
    const graphs = yield* built(() =>
      device.rowLocation === "host"
        ? gradientGraph(graph, trainable)
        : stepGraphs(graph, { trainable, optimizer, accumulate, average }),
    )
    const { parameters } = graphs
    const update =
      "gradients" in graphs
        ? yield* hostUpdate(device, graphs, { optimizer, average })
        : yield* deviceUpdate(device, graphs, { optimizer, average })
    const broken = firstBroken(device, graph, trainable)
    return { parameters, accumulate, run: runStep({ parameters, accumulate, update, firstBroken: broken }) }
  })
