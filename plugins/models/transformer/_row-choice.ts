import { GraphBuilder, linear, tensor } from "@parade/graph"
import type { RowMatrix, Tensor } from "@parade/graph"
import { measureChoice } from "@parade/onnx"
import type { OnnxDevice, Way } from "@parade/onnx"
import type { Minima } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { sampleBlocks } from "./_minima.ts"
import { sampleBytes, sampleProducts, sampleRows } from "./_sample-products.ts"
import type { SampleMatrix } from "./_sample-products.ts"
import { compileChecked } from "./_typed.ts"
import type { BuildFailure } from "./_typed.ts"

/** What the loss of quality must earn: this part of the time of blocks, by the geometric mean over 1, 8 and 64 rows. */
const WORTH = 0.9

const GREATEST = 127
const COLUMNS = 256
const ROWS = 64

const integers: SampleMatrix = (rows, columns, seed) => ({
  kind: "rows",
  rows,
  columns,
  // About what a model needs: every other input with more bits.
  inputBits: seed % 2 === 0 ? 16 : 8,
  identity: `sample ${rows} ${columns} ${seed} rows`,
  factors: {
    length: columns,
    identity: `sample factors ${columns}`,
    values: () => new Float32Array(columns).fill(1),
  },
  parts: () => ({
    codes: new Int8Array(sampleBytes(rows * columns, seed).buffer),
    scales: new Float32Array(rows).fill(1 / columns / GREATEST),
  }),
})

/** Every other row of weights is −127, the rest 127. */
const extremes: RowMatrix = {
  kind: "rows",
  rows: ROWS,
  columns: COLUMNS,
  inputBits: 8,
  identity: "extreme rows",
  parts: () => ({
    codes: Int8Array.from({ length: ROWS * COLUMNS }, (_, i) => (i % 2 === 0 ? GREATEST : -GREATEST)),
    scales: new Float32Array(ROWS).fill(1),
  }),
}

/** Whether sums of the greatest products are exact: older processors saturate at 16 bits. */
export const integersAreExact = (device: OnnxDevice): Effect.Effect<boolean, BuildFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const g = new GraphBuilder("extremes", { kind: device.lowering, without: device.without })
      g.output("y", linear(g, g.input("x", "float32", ["T", COLUMNS]), extremes))
      const program = yield* compileChecked(device, g.build(), {})
      for (const count of sampleRows) {
        // Rows of 1 and of −1 in turn have the greatest codes, and the least.
        const data = Float32Array.from({ length: count * COLUMNS }, (_, i) =>
          Math.floor(i / COLUMNS) % 2 === 0 ? 1 : -1,
        )
        const { y } = yield* program.run({ x: tensor("float32", [count, COLUMNS], data) }, [{ name: "y" }])
        const sums = (y as Tensor<"float32">).data
        const size = COLUMNS * GREATEST
        for (let i = 0; i < sums.length; i++) {
          const expected = (Math.floor(i / ROWS) + i) % 2 === 0 ? size : -size
          if (!(Math.abs(sums[i]! - expected) < 1e-4 * size)) return false
        }
      }
      return true
    }),
  )

/**
 * Whether products of integers, with one scale per row, are so much faster on this machine than those of blocks that
 * what they lose is worth it: measured once, for 1, 8 and 64 rows together, and kept.
 */
export const rowsPay = (device: OnnxDevice, minima: Minima): Effect.Effect<boolean, BuildFailure> => {
  const rows: Way<BuildFailure, Scope> = Effect.flatMap(integersAreExact(device), (exact) =>
    exact ? sampleProducts(device, "rows", integers) : Effect.succeed(undefined),
  )
  const ways = { blocks: sampleProducts(device, minima, sampleBlocks(minima)), rows }
  const key = ["rows", minima, device.name, `${device.threads}`, device.version]
  return Effect.map(measureChoice(ways, { key, rows: sampleRows }), ({ times }) => {
    if (times["rows"] === undefined) return false
    const ratios = sampleRows.map((_, i) => times["rows"]![i]! / times["blocks"]![i]!)
    return ratios.reduce((product, ratio) => product * ratio, 1) ** (1 / ratios.length) <= WORTH
  })
}
