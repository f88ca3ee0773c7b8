import { GraphBuilder, linear, tensor } from "@parade/graph"
import type { Matrix } from "@parade/graph"
import { measureChoice } from "@parade/onnx"
import type { OnnxDevice, Way } from "@parade/onnx"
import { matrixOf } from "@parade/weights"
import type { Checkpoint, Minima } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { compileChecked } from "./_typed.ts"
import type { BuildFailure } from "./_typed.ts"

const WIDTH = 1024
const INNER = 1536
const BLOCK = 32
/** Together 20 MB in 8 bits: more than a core's own cache, so that reading them costs what it costs in a model. */
const PAIRS = 6

/** Plain decoding, and about what a draft is verified with. */
const ROWS = [1, 8]

/** Codes that differ from matrix to matrix, lest equal constants be shared and read from the cache. */
const noise = (length: number, seed: number): Uint8Array => {
  const words = new Uint32Array(length / 4)
  let state = seed
  for (let i = 0; i < words.length; i++) words[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return new Uint8Array(words.buffer)
}

const matrix = (rows: number, columns: number, seed: number, minima: Minima): Matrix => {
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
      codes: noise((rows * columns * bits) / 8, seed),
      scales: fill(1 / columns),
      ...(minima === "offsets" ? { offsets: fill(0.5 / columns) } : { zeros: noise(blocks, seed) }),
    }),
  }
}

/** Rows through a stack of products, as a decoder's feed-forward layers do. */
const way = (device: OnnxDevice, minima: Minima): Way<BuildFailure, Scope> =>
  Effect.gen(function* () {
    const g = new GraphBuilder(`products with ${minima}`, { kind: device.lowering, without: device.without })
    let x = g.input("x", "float32", ["T", WIDTH])
    for (let pair = 0; pair < PAIRS; pair++) {
      const inner = linear(g, x, matrix(INNER, WIDTH, 2 * pair + 1, minima))
      x = linear(g, inner, matrix(WIDTH, INNER, 2 * pair + 2, minima))
    }
    g.output("y", x)
    const program = yield* compileChecked(device, g.build(), {})
    return (rows) => {
      const data = Float32Array.from({ length: rows * WIDTH }, (_, i) => Math.sin(i))
      return program.run({ x: tensor("float32", [rows, WIDTH], data) }, [{ name: "y" }])
    }
  })

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
    const ways = { zeros: way(device, "zeros"), offsets: way(device, "offsets") }
    const key = ["minima", device.name, `${device.threads}`, device.version]
    return Effect.map(measureChoice(ways, { key, rows: ROWS }), ({ name }) => name)
  })
