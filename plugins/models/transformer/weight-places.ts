import { ModelError } from "@parade/core"
import type { Tensors } from "./_model-weights.ts"
import { trainingGraph } from "./training-graph.ts"
import type { TrainingRequest } from "./training-graph.ts"

/** Where the elements of a checkpoint's tensor lie among the constants of a graph. */
export interface TensorPlaces {
  readonly name: string
  readonly shape: readonly number[]
  /** The tensor of values laid out as the graph's constants, by the identities of those. */
  readonly collect: (read: (identity: string) => Float32Array) => Float32Array
}

/** Floats of as many bit patterns that are no NaN can be told apart. */
const MOST_ELEMENTS = 0x7f800000

interface Numbered {
  readonly name: string
  readonly shape: readonly number[]
  readonly first: number
  readonly count: number
}

const refuse = (message: string): ModelError =>
  new ModelError({ code: "model.untraceable-weights", message, fault: "bug" })

/** Gives every element of every tensor a number of its own, in the bits of its float. */
const numberedTensors = (
  tensors: Tensors,
): { readonly all: Map<string, Numbered>; readonly numbered: Tensors } => {
  const all = new Map<string, Numbered>()
  let first = 0
  const numberOf = (name: string): Numbered => {
    const known = all.get(name)
    if (known !== undefined) return known
    const shape = tensors.shape(name)!
    const count = shape.reduce((product, size) => product * size, 1)
    const entry = { name, shape, first, count }
    first += count
    if (first > MOST_ELEMENTS) throw refuse(`${first} weights are too many to be followed.`)
    all.set(name, entry)
    return entry
  }
  const values = (name: string): Float32Array => {
    const { first: start, count } = numberOf(name)
    return new Float32Array(Uint32Array.from({ length: count }, (_, i) => start + i).buffer)
  }
  const numbered: Tensors = {
    ...tensors,
    matrix: (name) => {
      const { shape } = numberOf(name)
      const [rows, columns] = shape as readonly [number, number]
      return { kind: "dense", rows, columns, identity: name, values: () => values(name) }
    },
    vector: (name) => ({ length: numberOf(name).count, identity: name, values: () => values(name) }),
  }
  return { all, numbered }
}

/**
 * Where each tensor of the checkpoint has gone in {@link trainingGraph}, however attentions and families pack, reorder
 * and transpose it: the graph is made once more of weights that bear their own numbers. The request's tensors must
 * bear their names as identities, as {@link namedTensors} does.
 */
export const weightPlaces = (request: TrainingRequest): readonly TensorPlaces[] => {
  const { all, numbered } = numberedTensors(request.tensors)
  const graph = trainingGraph({ ...request, tensors: numbered })
  const constants = graph.initializers.filter(({ weight }) => weight === true)
  const total = [...all.values()].reduce((sum, { count }) => sum + count, 0)
  // For each element, the constant it lies in and its place there.
  const holder = new Int32Array(total).fill(-1)
  const place = new Uint32Array(total)
  constants.forEach(({ bytes }, i) => {
    const numbers = new Uint32Array(bytes().slice().buffer)
    numbers.forEach((number, at) => {
      if (number >= total) throw refuse("A weight was changed on its way into the graph, not only moved.")
      holder[number] = i
      place[number] = at
    })
  })
  if (holder.includes(-1)) throw refuse("Some weights did not reach the graph.")
  const identities = constants.map(({ identity, name }) => identity ?? name)
  return [...all.values()].map(({ name, shape, first, count }) => ({
    name,
    shape,
    collect: (read) => {
      const sources = identities.map((): Float32Array | undefined => undefined)
      return Float32Array.from({ length: count }, (_, i) => {
        const from = holder[first + i]!
        const source = (sources[from] ??= read(identities[from]!))
        return source[place[first + i]!]!
      })
    },
  }))
}

/** The same tensors with their names as identities, for graphs that are trained rather than kept on disk. */
export const namedTensors = (tensors: Tensors): Tensors => ({
  ...tensors,
  matrix: (name, lookedUp) => ({ ...tensors.matrix(name, lookedUp), identity: name }),
  vector: (name) => ({ ...tensors.vector(name), identity: name }),
})
