import assert from "node:assert/strict"
import { test } from "node:test"
import { interpret, randomFloats, runOnnxruntime } from "../_compare.ts"
import type { Tensors } from "../_compare.ts"
import { GraphBuilder, ops, readoutRows, tensor } from "../mod.ts"
import type { Graph } from "../mod.ts"

const graphOf = (width: number, without?: number): Graph => {
  const g = new GraphBuilder("drawn", { kind: "fused" })
  const x = g.input("x", "float32", ["R", width])
  const logits = ops.neg(g, ops.neg(g, x))
  const named = g.input("named", "int64", ["R", "N"])
  const draws = g.input("draws", "float32", ["R", "D"])
  g.output("drawn", readoutRows(g, logits, 4, named, false, draws, without).drawn!)
  return g.build()
}

interface Draw {
  readonly u: number
  readonly temperature: number
  readonly without?: number
}

const feedsOf = (data: Float32Array, width: number, draws: readonly Draw[]): Tensors => {
  const rows = data.length / width
  const columns = draws.map(({ u, temperature }) => (temperature === 1 ? [u] : [u, 1 / temperature]))
  return {
    x: tensor("float32", [rows, width], data),
    named: tensor("int64", [rows, 1], new BigInt64Array(rows)),
    draws: tensor("float32", [rows, columns[0]?.length ?? 0], Float32Array.from(columns.flat())),
  }
}

/** The cumulative distribution before each token and behind the last. */
const cumulative = (row: Float32Array, { without, temperature }: Draw): Float64Array => {
  const logits = Array.from(row, (logit, token) => (token === without ? -Infinity : logit))
  const greatest = Math.max(...logits)
  const sums = new Float64Array(row.length + 1)
  logits.forEach((logit, i) => (sums[i + 1] = sums[i]! + Math.exp((logit - greatest) / temperature)))
  return sums.map((sum) => sum / sums[row.length]!)
}

const assertDrawn = (row: Float32Array, drawn: readonly number[], draw: Draw): void => {
  const [token, logit] = drawn as [number, number]
  const sums = cumulative(row, draw)
  const [from, to] = [sums[token]!, sums[token + 1]!]
  assert.ok(token !== draw.without && to > from, `token ${token} is possible`)
  assert.equal(logit, row[token])
  assert.ok(
    from - 2e-6 <= draw.u && draw.u <= to + 2e-6,
    `${draw.u} is not between ${from} and ${to}, of token ${token}`,
  )
}

const devices: Record<string, (graph: Graph, feeds: Tensors) => Tensors | Promise<Tensors>> = {
  interpreter: interpret,
  onnxruntime: runOnnxruntime,
}

const us = [0, 1e-7, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99999, 1 - 2 ** -20]

const drawAll = async (
  run: (typeof devices)[string],
  data: Float32Array,
  width: number,
  draws: readonly Draw[],
): Promise<void> => {
  const { drawn } = await run(graphOf(width, draws[0]!.without), feedsOf(data, width, draws))
  assert.deepEqual(drawn!.dims, [draws.length, 2])
  for (const [i, draw] of draws.entries())
    assertDrawn(
      data.subarray(i * width, (i + 1) * width),
      [0, 1].map((j) => Number(drawn!.data[2 * i + j])),
      draw,
    )
}

// The last two are long enough to be drawn by blocks; 4099 has none and 4864 = 16 · 304.
for (const width of [7, 600, 4099, 4864, 8192])
  for (const temperature of [1, 0.6, 3])
    for (const [device, run] of Object.entries(devices)) {
      test(`of ${width} logits the token is drawn where their softmax at temperature ${temperature} passes u, on the ${device}`, async () => {
        for (const spread of [0, 1, 20]) {
          const data = randomFloats(width + spread)(us.length * width, spread)
          await drawAll(
            run,
            data,
            width,
            us.map((u) => ({ u, temperature })),
          )
          await drawAll(
            run,
            data,
            width,
            us.map((u) => ({ u, temperature, without: 5 })),
          )
        }
      })

      test(`a token left out of ${width} is not drawn at temperature ${temperature} however likely it is, on the ${device}`, async () => {
        for (const [high, without] of [
          [40, 0],
          [200, width - 1],
          [15, Math.floor(width / 2)],
        ] as const) {
          const data = randomFloats(high)(us.length * width, 2)
          for (let i = 0; i < us.length; i++) data[i * width + without] = high
          await drawAll(
            run,
            data,
            width,
            us.map((u) => ({ u, without, temperature })),
          )
        }
      })
    }

for (const [device, run] of Object.entries(devices)) {
  test(`tokens that are impossible are not drawn, at either end, on the ${device}`, async () => {
    const width = 4864
    const data = new Float32Array(us.length * width).fill(-1e4)
    for (let i = 0; i < us.length; i++) data[i * width + 2000] = 3
    const { drawn } = await run(
      graphOf(width),
      feedsOf(
        data,
        width,
        us.map((u) => ({ u, temperature: 1 })),
      ),
    )
    us.forEach((_, i) => assert.equal(drawn!.data[2 * i], 2000))
  })

  test(`where no draw is asked for there is nothing, on the ${device}`, async () => {
    const data = randomFloats(1)(2 * 600, 5)
    const { drawn } = await run(graphOf(600), {
      ...feedsOf(data, 600, []),
      draws: tensor("float32", [2, 0], new Float32Array(0)),
    })
    assert.deepEqual([...drawn!.data], [0, 0, 0, 0])
  })

  test(`a row with a number that is none ends in some token, on the ${device}`, async () => {
    for (const width of [600, 8192]) {
      const data = randomFloats(2)(2 * width, 5)
      data[17] = NaN
      const draws = [0.3, 0.6].map((u) => ({ u, temperature: 0.7 }))
      const { drawn } = await run(graphOf(width), feedsOf(data, width, draws))
      assertDrawn(
        data.subarray(width),
        [2, 3].map((j) => Number(drawn!.data[j])),
        draws[1]!,
      )
      assert.ok(Number(drawn!.data[0]) >= 0 && Number(drawn!.data[0]) < width)
    }
  })
}
