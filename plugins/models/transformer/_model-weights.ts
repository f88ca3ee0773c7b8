import { ModelError } from "@parade/core"
import type { Matrix, Vector } from "@parade/graph"
import type { Architecture, PartWeights } from "@parade/layers"
import { takeRows } from "@parade/weights"
import { spellingOf } from "./_spelling.ts"
import type { Place } from "./_spelling.ts"
import { transposed } from "./_transposed.ts"

/** The tensors of a checkpoint by the names of its family. */
export interface Tensors {
  /** For failures. */
  readonly path: string
  readonly names: Iterable<string>
  readonly shape: (name: string) => readonly number[] | undefined
  /** `lookedUp`: single rows are read from it, beside what else it serves. */
  readonly matrix: (name: string, lookedUp: boolean) => Matrix
  readonly vector: (name: string) => Vector
}

/** The weights of a model by Llama's names, with shapes checked and a record of what was used. */
export interface ModelWeights {
  readonly embedding: () => Matrix
  readonly positions: () => Matrix
  readonly head: () => Matrix
  readonly finalNorm: PartWeights
  /** A part of a layer: its attention, its feed-forward, or the layer itself (norms). */
  readonly part: (layer: number, part: "self_attn." | "mlp." | "") => PartWeights
  /** Tensors of layers that nothing asked for, so that the config does not tell of them. */
  readonly unused: () => readonly string[]
}

/** Counts as a vector: a norm's scale or a bias. */
const takeValues = (vector: Vector, from: number, count: number): Vector => ({
  length: count,
  identity: `${vector.identity}[${from}+${count}]`,
  values: () => vector.values().subarray(from, from + count),
})

const indices = (from: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => from + i)

/** Reads tensors by name with their shapes checked. */
class CheckedTensors {
  readonly used = new Set<string>()
  readonly #tensors: Tensors

  constructor(tensors: Tensors) {
    this.#tensors = tensors
  }

  #require(name: string, expected: readonly number[]): void {
    const path = `${this.#tensors.path}: ${name}`
    const shape = this.#tensors.shape(name)
    if (shape === undefined)
      throw new ModelError({
        code: "model.missing-weight",
        message: `The checkpoint has no tensor "${name}", which its config calls for.`,
        advice: "Download the checkpoint again, or check that config.json belongs to it.",
        path,
      })
    if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis]))
      throw new ModelError({
        code: "model.weight-shape",
        message: `"${name}" has the shape [${shape.join(", ")}]; by the config it should be [${expected.join(", ")}].`,
        advice: "Check that config.json belongs to this checkpoint.",
        path,
      })
    this.used.add(name)
  }

  matrix(name: string, rows: number, columns: number, place: Place = { name }, lookedUp = false): Matrix {
    const total = place.total ?? rows
    this.#require(name, place.transposed === true ? [columns, total] : [total, columns])
    const stored = this.#tensors.matrix(name, lookedUp)
    const matrix = place.transposed === true ? transposed(stored) : stored
    return place.from === undefined ? matrix : takeRows(matrix, indices(place.from, rows))
  }

  vector(name: string, length: number, place: Place = { name }): Vector {
    this.#require(name, [place.total ?? length])
    const vector = this.#tensors.vector(name)
    return place.from === undefined ? vector : takeValues(vector, place.from, length)
  }
}

/** Splits `q_proj.weight` into the module and which of its tensors. */
const splitName = (name: string): readonly [module: string, tensor: string] => {
  const dot = name.lastIndexOf(".")
  return [name.slice(0, dot), name.slice(dot)]
}

/** Where a family keeps the tensor of a part that Llama calls `name`: behind the layer's beginning, and what of it. */
export const placeOf = (
  places: ReadonlyMap<string, Place>,
  part: string,
  name: string,
): readonly [tensor: string, place: Place] => {
  const [module, tensor] = splitName(name)
  const place = places.get(part + module) ?? { name: part + module }
  return [place.name + tensor, place]
}

/** The weights of a checkpoint of the architecture. */
export const modelWeights = (architecture: Architecture, tensors: Tensors): ModelWeights => {
  const spelling = spellingOf(architecture.name)
  const checked = new CheckedTensors(tensors)
  const { vocabulary, width } = architecture
  const prefix =
    spelling.prefixes.find((start) => tensors.shape(`${start}${spelling.embedding}.weight`) !== undefined) ??
    spelling.prefixes[0]!
  const places = spelling.places(architecture)

  const partOf = (start: string, part: string): PartWeights => {
    const locate = (name: string): readonly [string, Place] => {
      const [tensor, place] = placeOf(places, part, name)
      return [start + tensor, place]
    }
    return {
      has: (name) => tensors.shape(locate(name)[0]) !== undefined,
      matrix: (name, rows, columns) => {
        const [full, place] = locate(name)
        return checked.matrix(full, rows, columns, place)
      },
      vector: (name, length) => {
        const [full, place] = locate(name)
        return checked.vector(full, length, place)
      },
    }
  }

  const lookUp = (module: string, rows: number): Matrix => {
    const name = `${prefix}${module}.weight`
    return checked.matrix(name, rows, width, { name }, true)
  }
  const headName = spelling.head === undefined ? "lm_head" : prefix + spelling.head
  const embedding = (): Matrix => lookUp(spelling.embedding, vocabulary)
  return {
    embedding,
    positions: () => lookUp(spelling.positions!, architecture.contextLength),
    head: () =>
      architecture.head.tied ? embedding() : checked.matrix(`${headName}.weight`, vocabulary, width),
    finalNorm: partOf(prefix, ""),
    part: (layer, part) => partOf(`${prefix}${spelling.layers}${layer}.`, part),
    unused: () => {
      const start = `${prefix}${spelling.layers}`
      return [...tensors.names].filter((name) => {
        if (!name.startsWith(start) || checked.used.has(name)) return false
        const own = name.slice(start.length).replace(/^\d+\./, "")
        return !spelling.ignored.includes(own)
      })
    },
  }
}
