import assert from "node:assert/strict"
import { evaluateDimension } from "../dimension.ts"
import { constantSlots, prepare } from "../interpreter/_prepare.ts"
import { randomFloats } from "../_compare.ts"
import type { Tensors } from "../_compare.ts"
import { GraphBuilder, gradients, ops } from "../mod.ts"
import type { Dimension, Graph, TypedArray, Value } from "../mod.ts"

export type Lengths = Readonly<Record<string, number>>

/** A function under test: inputs drawn at random, of lengths drawn before. */
export class Trial {
  readonly g: GraphBuilder = new GraphBuilder("trial")
  readonly feeds: Record<string, Tensors[string]> = {}
  readonly floatInputs: Value[] = []
  readonly #lengths: ReadonlyMap<string, number>
  readonly #random: (count: number, scale?: number) => Float32Array

  constructor(seed: number, lengths: Lengths) {
    this.#lengths = new Map(Object.entries(lengths))
    this.#random = randomFloats(seed)
  }

  #feed(
    type: Tensors[string]["type"],
    shape: readonly Dimension[],
    make: (values: Float32Array) => TypedArray,
  ): Value {
    const name = `in${this.g.inputs.length}`
    const dims = shape.map((size) => evaluateDimension(size, this.#lengths))
    const values = this.#random(dims.reduce((product, size) => product * size, 1))
    this.feeds[name] = { type, dims, data: make(values) }
    return this.g.input(name, type, shape)
  }

  floats(shape: readonly Dimension[], make: (x: number) => number = (x) => 2 * x): Value {
    const value = this.#feed("float32", shape, (values) => values.map(make))
    this.floatInputs.push(value)
    return value
  }

  /** Well away from 0, where functions bend or break. */
  positive(shape: readonly Dimension[]): Value {
    return this.floats(shape, (x) => Math.abs(x) + 0.3)
  }

  bools(shape: readonly Dimension[]): Value {
    return this.#feed("bool", shape, (values) => Uint8Array.from(values, (x) => Number(x > 0)))
  }

  indices(below: number, shape: readonly Dimension[]): Value {
    return this.#feed("int64", shape, (values) =>
      BigInt64Array.from(values, (x) => BigInt(Math.floor(((x + 1) / 2) * below * 0.999))),
    )
  }
}

/** Runs a graph with floats kept in float64. */
const preciseRun = (
  graph: Graph,
  feeds: Tensors,
): ((change: Map<string, Float64Array>) => Map<string, Float64Array>) => {
  const wide = new Map<string, TypedArray>()
  for (const { name, type } of graph.inputs) {
    const { data } = feeds[name]!
    wide.set(
      name,
      type === "float32" ? (Float64Array.from(data as Float32Array) as unknown as Float32Array) : data,
    )
  }
  const names = graph.outputs.map(({ name }) => name)
  const dims = graph.inputs.map(({ name }) => feeds[name]!.dims)
  const prepared = prepare(graph, constantSlots(graph, "float64"), dims, names, "float64")
  return (change) => {
    graph.inputs.forEach(({ name }, i) => {
      prepared.inputs[i]!.data = (change.get(name) as unknown as Float32Array | undefined) ?? wide.get(name)!
    })
    for (const step of prepared.steps) step()
    return new Map(
      names.map((name) => [name, Float64Array.from(prepared.outputs.get(name)!.data as Float32Array)]),
    )
  }
}

/**
 * The graph of `Σ results · weights` for random weights and of its gradients with respect to all float inputs, output
 * `loss` and `d.<input>`; and what to feed it.
 */
export const differentiated = (
  make: (t: Trial) => Value | readonly Value[],
  seed: number,
  lengths: Lengths,
): { readonly graph: Graph; readonly feeds: Tensors } => {
  const t = new Trial(seed, lengths)
  const results = [make(t)].flat() as readonly Value[]
  const inputs = [...t.floatInputs]
  const sums = results
    .filter(({ type }) => type === "float32")
    .map((y) => {
      const product = ops.mul(t.g, y, t.floats(y.shape))
      return ops.reshape(
        t.g,
        y.shape.length === 0
          ? product
          : ops.reduceSum(
              t.g,
              product,
              y.shape.map((_, i) => i),
            ),
        [],
      )
    })
  const loss = sums.reduce((total, sum) => ops.add(t.g, total, sum))
  const found = gradients(t.g, loss, inputs)
  t.g.output("loss", loss)
  inputs.forEach((input, i) => t.g.output(`d.${input.name}`, found[i]!))
  return { graph: t.g.build(), feeds: t.feeds }
}

const STEP = 1e-5
/** Constants of a graph are float32: that much a slope may differ from the function's own. */
const TOLERANCE = 1e-6

/** Every gradient of a differentiated graph is the central difference of its loss. */
export const assertGradients = (graph: Graph, feeds: Tensors, what: string): void => {
  const run = preciseRun(graph, feeds)
  const found = run(new Map())
  for (const { name, type } of graph.inputs) {
    const gradient = found.get(`d.${name}`)
    if (type !== "float32" || gradient === undefined) continue
    const values = Float64Array.from(feeds[name]!.data as Float32Array)
    const scale = gradient.reduce((largest, x) => Math.max(largest, Math.abs(x)), 1)
    for (let i = 0; i < values.length; i++) {
      const lossAt = (step: number): number =>
        run(new Map([[name, values.with(i, values[i]! + step)]])).get("loss")![0]!
      const slope = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP)
      if (!(Math.abs(slope - gradient[i]!) <= TOLERANCE * scale))
        assert.fail(`${what}: d loss / d ${name}[${i}] is ${slope}, not ${gradient[i]}`)
    }
  }
}
