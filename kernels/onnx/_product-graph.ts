import { GraphBuilder, ops } from "@parade/graph"
import type { Graph } from "@parade/graph"

const WIDTH = 1024
const INNER = 1536
const BLOCK = 32
/** Together about 16 MB: more than a core's own cache, so that reading them costs what it costs in a model. */
const PAIRS = 5

/** A fixed stream of bytes: constants of one value would be shared, and read from the cache. */
const noise = (length: number, seed: number): Uint8Array => {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

/** Rows through a stack of 8-bit products, as a decoder's feed-forward layers do. */
export const productGraph = (): Graph => {
  const g = new GraphBuilder("products", { kind: "fused" })
  const linear = (x: ReturnType<typeof g.input>, rows: number, columns: number, seed: number): typeof x => {
    const shape = [rows, columns / BLOCK] as const
    const codes = g.initializer({
      type: "uint8",
      shape: [...shape, BLOCK],
      bytes: () => noise(rows * columns, seed),
    })
    const scales = g.initializer({
      type: "float32",
      shape,
      bytes: () => new Uint8Array(new Float32Array(shape[0] * shape[1]).fill(1 / columns).buffer),
    })
    return ops.matMulNBits(g, x, { codes, scales }, { rows, columns, bits: 8, block: BLOCK })
  }
  let x = g.input("x", "float32", ["T", WIDTH])
  for (let pair = 0; pair < PAIRS; pair++)
    x = linear(linear(x, INNER, WIDTH, 2 * pair + 1), WIDTH, INNER, 2 * pair + 2)
  g.output("y", x)
  return g.build()
}

/** Width of the rows fed to {@link productGraph}. */
export const productWidth: number = WIDTH
