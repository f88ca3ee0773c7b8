import assert from "node:assert/strict"
import { test } from "node:test"
import { interpret, randomFloats, runOnnxruntime } from "../_compare.ts"
import type { Tensors } from "../_compare.ts"
import { argmaxRows, GraphBuilder, ops, readoutRows, tensor } from "../mod.ts"
import type { Graph, Lowering } from "../mod.ts"

const K = 4

const graphOf = (width: number, kind: Lowering["kind"]): Graph => {
  const g = new GraphBuilder("readouts", { kind })
  const x = g.input("x", "float32", ["R", width])
  const logits = ops.neg(g, ops.neg(g, x))
  g.output("argmax", argmaxRows(g, logits))
  const named = g.input("named", "int64", ["R", "N"])
  const few = readoutRows(g, logits, K, named, false)
  g.output("readout", few.readout)
  g.output("same", few.argmax)
  const more = readoutRows(g, logits, K, named, true)
  g.output("readout beside it", more.readout)
  g.output("entropy", more.entropy!)
  g.output("same, with entropy", more.argmax)
  return g.build()
}

const feedsOf = (data: Float32Array, width: number, named: readonly number[]): Tensors => {
  const rows = data.length / width
  const count = named.length / rows
  return {
    x: tensor("float32", [rows, width], data),
    named: tensor(
      "int64",
      [rows, count],
      BigInt64Array.from(named, (token) => BigInt(token)),
    ),
  }
}

const expected = (row: Float32Array, named: readonly number[]): { exact: number[]; sums: number[] } => {
  const top = Array.from(row, (_, i) => i)
    .sort((a, b) => row[b]! - row[a]! || a - b)
    .slice(0, K)
  const least = row[top.at(-1)!]!
  let sum = 0
  let weighted = 0
  for (const logit of row) {
    const cut = Math.min(logit, least)
    sum += Math.exp(cut - least)
    weighted += cut * Math.exp(cut - least)
  }
  return {
    exact: [...top, ...top.map((token) => row[token]!), ...named.map((token) => row[token]!)],
    sums: [1 / sum, weighted / sum],
  }
}

const devices: Record<string, (graph: Graph, feeds: Tensors) => Tensors | Promise<Tensors>> = {
  interpreter: interpret,
  onnxruntime: runOnnxruntime,
}

// The last two are long enough to be searched by blocks; 4099 has none and 4864 = 16 · 304.
for (const width of [7, 600, 4099, 4864, 8192])
  for (const grain of [0, 0.5, 100])
    for (const [device, run] of Object.entries(devices))
      test(`readouts of ${width} logits to multiples of ${grain} hold the greatest in order, on the ${device}`, async () => {
        const rows = 5
        const data = randomFloats(width + grain)(rows * width, 20).map((x) =>
          grain === 0 ? x : grain * Math.round(x / grain),
        )
        const named = Array.from({ length: 2 * rows }, (_, i) => (i * 31) % width)
        for (const kind of device === "interpreter" ? (["exact"] as const) : (["exact", "fused"] as const)) {
          const results = await run(graphOf(width, kind), feedsOf(data, width, named))
          for (let i = 0; i < rows; i++) {
            const own = named.slice(2 * i, 2 * i + 2)
            const { exact, sums } = expected(data.subarray(i * width, (i + 1) * width), own)
            for (const [name, told] of [
              ["readout", sums.slice(0, 1)],
              ["readout beside it", sums.slice(0, 1)],
              ["entropy", sums],
            ] as const) {
              const size = 2 * K + told.length + 2
              const readout = results[name]!
              assert.deepEqual(readout.dims, [rows, size])
              const found = Array.from({ length: size }, (_, j) => Number(readout.data[i * size + j]))
              assert.deepEqual([...found.slice(0, 2 * K), ...found.slice(2 * K + told.length)], exact)
              for (const [j, sum] of told.entries())
                assert.ok(
                  Math.abs(found[2 * K + j]! - sum) <= 2e-6 * Math.max(1, Math.abs(sum)),
                  `${found[2 * K + j]} is not ${sum}`,
                )
            }
            for (const name of ["argmax", "same", "same, with entropy"]) {
              const { data: three } = results[name]!
              assert.deepEqual([Number(three[3 * i]), Number(three[3 * i + 1])], [exact[0], exact[K]])
              assert.ok(Number.isFinite(Number(three[3 * i + 2])))
            }
          }
        }
      })

for (const [device, run] of Object.entries(devices))
  test(`a logit that is no number shows in the readouts of its row, on the ${device}`, async () => {
    const width = 8192
    for (const at of [0, 4000, 8191]) {
      const data = randomFloats(at)(2 * width, 5)
      data[at] = NaN
      const results = await run(graphOf(width, "fused"), feedsOf(data, width, [1, 1]))
      const check = (name: string, row: number, column: number): number =>
        Number(results[name]!.data[row * results[name]!.dims[1]! + column])
      for (const [name, column] of [
        ["argmax", 2],
        ["same", 2],
        ["same, with entropy", 2],
        ["readout", 2 * K],
        ["entropy", 2 * K + 1],
      ] as const) {
        assert.ok(Number.isNaN(check(name, 0, column)), `${name} of the row with NaN at ${at}`)
        assert.ok(Number.isFinite(check(name, 1, column)), `${name} of the other row`)
      }
    }
  })
