import assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as ort from "onnxruntime-node"
import { referenceDevice, toOnnx } from "./mod.ts"
import type { Feeds, Graph, Tensor } from "./mod.ts"

/** For tests: small random numbers that are the same every time. */
export const randomFloats = (seed: number): ((count: number, scale?: number) => Float32Array) => {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    mixed ^= mixed >>> 15
    return (mixed >>> 0) / 2 ** 32
  }
  return (count, scale = 1) => Float32Array.from({ length: count }, () => (2 * next() - 1) * scale)
}

export type Tensors = Readonly<Record<string, Tensor>>

/** All outputs of a graph from the interpreter. */
export const interpret = (graph: Graph, feeds: Feeds): Tensors =>
  Effect.runSync(
    Effect.scoped(
      Effect.flatMap(referenceDevice.compile(graph), (program) => program.run(feeds, graph.outputs)),
    ),
  ) as Tensors

/** All outputs of a graph from onnxruntime on the CPU, its own graph rewriting off. */
export const runOnnxruntime = async (graph: Graph, feeds: Tensors): Promise<Tensors> => {
  const session = await ort.InferenceSession.create(toOnnx(graph).model, {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const wrapped = Object.fromEntries(
    Object.entries(feeds).map(([name, { type, dims, data }]) => [
      name,
      new ort.Tensor(type, data as Float32Array, dims),
    ]),
  )
  const results = await session.run(wrapped)
  await session.release()
  return results as unknown as Tensors
}

/** Equal types and dims, and floats within `tolerance` of the largest. */
export const assertClose = (actual: Tensors, expected: Tensors, tolerance: number, what = ""): void => {
  for (const [name, { type, dims, data }] of Object.entries(expected)) {
    const other = actual[name]!
    assert.deepEqual([other.type, other.dims], [type, dims], `${what} ${name}`)
    let largest = 1
    for (const value of data)
      if (Math.abs(Number(value)) > largest && Number.isFinite(Number(value)))
        largest = Math.abs(Number(value))
    for (let i = 0; i < data.length; i++) {
      const [a, b] = [Number(other.data[i]), Number(data[i])]
      if (a !== b && !(Math.abs(a - b) <= tolerance * largest))
        assert.fail(`${what} ${name}[${i}]: ${a} is not ${b} within ${tolerance} of ${largest}`)
    }
  }
}

/** The interpreter and onnxruntime agree on every output. */
export const assertAgrees = async (graph: Graph, feeds: Tensors, tolerance: number): Promise<void> =>
  assertClose(interpret(graph, feeds), await runOnnxruntime(graph, feeds), tolerance, graph.name)
