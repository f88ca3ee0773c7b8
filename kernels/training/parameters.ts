import type { Feed, Graph, Initializer, Tensor } from "@parade/graph"
import { tensor } from "@parade/graph"
import * as Effect from "effect/Effect"

/** A parameter and what AdamW remembers of it, each where the last step left it. */
export interface ParameterState {
  readonly value: Feed
  /** Running means of the gradient and of its square. */
  readonly first: Feed
  readonly second: Feed
  /** How often it was updated: steps that train other parameters do not count. */
  readonly updates: number
  /** The running mean of its values, where a step keeps one. */
  readonly average?: Feed
}

/**
 * The parameters of one or several steps by name. Steps change them: in place where they lie in ordinary memory,
 * else they put new tensors in their place and give back the memory of the old ones. What is to last is copied, as
 * {@link snapshot} does.
 */
export interface ParameterStore {
  /** Steps so far, of all that share the store. */
  steps: number
  readonly states: Map<string, ParameterState>
}

/** Parameters that are only read: a store, its averages, or a snapshot of it. */
export interface ParameterValues {
  readonly states: ReadonlyMap<string, { readonly value: Feed }>
}

export const makeParameterStore = (): ParameterStore => ({ steps: 0, states: new Map() })

/** The name a weight is trained under: its identity, which is what parts of a graph share it by. */
export const parameterName = ({ identity, name }: Initializer): string => identity ?? name

const floatsOf = (initializer: Initializer): Float32Array =>
  // Bytes may lie anywhere in a file's memory, and the file's must not be trained.
  new Float32Array(initializer.bytes().slice().buffer)

/** Adds the weights of a graph that the store does not have yet, as they start. */
export const addParameters = (
  store: ParameterStore,
  graph: Graph,
  trainable: (name: string) => boolean = () => true,
): void => {
  for (const initializer of graph.initializers) {
    const name = parameterName(initializer)
    if (initializer.weight !== true || !trainable(name) || store.states.has(name)) continue
    const zeros = (): Tensor =>
      tensor("float32", initializer.shape, new Float32Array(initializer.byteLength / 4))
    store.states.set(name, {
      value: tensor("float32", initializer.shape, floatsOf(initializer)),
      first: zeros(),
      second: zeros(),
      updates: 0,
    })
  }
}

/** A parameter's numbers in ordinary memory. */
export const readFeed = async (feed: Feed): Promise<Float32Array> =>
  ("read" in feed ? await feed.read() : feed).data as Float32Array

/**
 * The parameters as they are now, copied to ordinary memory: a frozen teacher or an old policy, which later steps leave
 * as it is.
 */
export const snapshot = (parameters: ParameterValues): Effect.Effect<ParameterValues> =>
  Effect.promise(async () => {
    const states = new Map<string, { readonly value: Feed }>()
    for (const [name, { value }] of parameters.states)
      states.set(name, { value: tensor("float32", value.dims, (await readFeed(value)).slice()) })
    return { states }
  })

/** The running means of the parameters, and the parameters themselves where no step keeps one. Valid until the next step. */
export const averages = (store: ParameterStore): ParameterValues => ({
  states: new Map([...store.states].map(([name, { value, average }]) => [name, { value: average ?? value }])),
})
