import { measureChoice } from "@parade/onnx"
import type { OnnxDevice } from "@parade/onnx"
import { matrixOf } from "@parade/weights"
import type { Checkpoint, Minima } from "@parade/weights"
import * as Effect from "effect/Effect"
import { sampleBytes, sampleProducts, sampleRows } from "./_sample-products.ts"
import type { SampleMatrix } from "./_sample-products.ts"
import type { BuildFailure } from "./_typed.ts"

const BLOCK = 32

/** Matrices whose blocks have minima, held so. */
export const sampleBlocks =
  (minima: Minima): SampleMatrix =>
  (rows, columns, seed) => {
    const blocks = (rows * columns) / BLOCK
    const bits = minima === "offsets" ? 4 : 8
    const fill = (value: number): Float32Array => new Float32Array(blocks).fill(value)
    return {
      kind: "blocks",
      rows,
      columns,
      identity: `sample ${rows} ${columns} ${seed} ${minima}`,
      bits,
      block: BLOCK,
      hasZeros: minima === "zeros",
      hasOffsets: minima === "offsets",
      parts: () => ({
        codes: sampleBytes((rows * columns * bits) / 8, seed),
        scales: fill(1 / columns),
        ...(minima === "offsets" ? { offsets: fill(0.5 / columns) } : { zeros: sampleBytes(blocks, seed) }),
      }),
    }
  }

/**
 * How to hold the minima of blocks: `zeros` of 8-bit codes or `offsets` beside 4-bit ones, which take a third fewer
 * bytes and more steps. What is faster depends on the machine, so it is measured where the checkpoint has a choice.
 */
export const chooseMinima = (
  checkpoint: Checkpoint,
  device: OnnxDevice,
): Effect.Effect<Minima, BuildFailure> =>
  Effect.suspend(() => {
    const hasChoice = [...checkpoint.tensors.values()].some((one) => {
      const held = one.shape.length === 2 ? matrixOf(one, "auto", "offsets") : undefined
      return held?.kind === "blocks" && held.hasOffsets === true
    })
    if (!hasChoice) return Effect.succeed("zeros")
    const way = (minima: Minima) => sampleProducts(device, minima, sampleBlocks(minima))
    const ways = { zeros: way("zeros"), offsets: way("offsets") }
    const key = ["minima", device.name, `${device.threads}`, device.version]
    return Effect.map(measureChoice(ways, { key, rows: sampleRows }), ({ name }) => name)
  })
