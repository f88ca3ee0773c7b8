import { GraphBuilder, linear, tensor } from "@parade/graph"
import type { Matrix, RowMatrix } from "@parade/graph"
import type { OnnxDevice, Way } from "@parade/onnx"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { compileChecked } from "./_typed.ts"
import type { BuildFailure } from "./_typed.ts"

const WIDTH = 1024
const INNER = 1536
/** Together 20 MB in 8 bits: more than a core's own cache, so that reading them costs what it costs in a model. */
const PAIRS = 6

/** Plain decoding, about what a draft is verified with, and part of a prompt. */
export const sampleRows = [1, 8, 64] as const

/** A matrix to time; `seed` tells them apart, lest equal constants be shared and read from the cache. */
export type SampleMatrix = (rows: number, columns: number, seed: number) => Matrix | RowMatrix

/** Bytes that are the same for the same seed; a whole number of words. */
export const sampleBytes = (length: number, seed: number): Uint8Array<ArrayBuffer> => {
  const words = new Uint32Array(length / 4)
  let state = seed
  for (let i = 0; i < words.length; i++) words[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return new Uint8Array(words.buffer)
}

/** Rows through a stack of products, as a decoder's feed-forward layers do. */
export const sampleProducts = (
  device: OnnxDevice,
  name: string,
  matrix: SampleMatrix,
): Way<BuildFailure, Scope> =>
  Effect.gen(function* () {
    const g = new GraphBuilder(`products with ${name}`, { kind: device.lowering, without: device.without })
    let x = g.input("x", "float32", ["T", WIDTH])
    for (let pair = 0; pair < PAIRS; pair++) {
      const inner = linear(g, x, matrix(INNER, WIDTH, 2 * pair + 1))
      x = linear(g, inner, matrix(WIDTH, INNER, 2 * pair + 2))
    }
    g.output("y", x)
    const program = yield* compileChecked(device, g.build(), {})
    return (rows) => {
      const data = Float32Array.from({ length: rows * WIDTH }, (_, i) => Math.sin(i))
      return program.run({ x: tensor("float32", [rows, WIDTH], data) }, [{ name: "y" }])
    }
  })
