import type { DraftHead } from "@parade/drafting"
import { GraphBuilder, type Graph, linear, type Lowering, type Matrix, ops, type Value } from "@parade/graph"
import { eightBitBlocks } from "@parade/weights"
import type { Weights } from "./weights.ts"

/** The name of a level's head, counted from 1 as in the paper. */
export const headName = (level: number): string => `heads.${level}.weight`

/**
 * What level `m` gives the LM head to read: `U_m [h_t ; o]`, for the newest true state and an estimate side by side
 * `[T, 2d]` → `[T, d]`. With `U_m = [I | I]` and `o = h_t` it is `2 h_t`, so that the LM head ranks as it does for `h_t`.
 */
export const headRows = (
  g: GraphBuilder,
  pairs: Value,
  level: number,
  width: number,
  weights: Weights,
  form: (matrix: Matrix) => Matrix = (matrix) => matrix,
): Value => {
  const identity = headName(level)
  const values = (): Float32Array => weights.get(identity)!
  return linear(g, pairs, form({ kind: "dense", rows: width, columns: 2 * width, identity, values }))
}

/** One head alone: `pairs` `[T, 2d]` in, `rows` `[T, d]` out, for the LM head. */
export const headGraph = (level: number, width: number, weights: Weights, lowering: Lowering): Graph => {
  const g = new GraphBuilder(`chimera-head-${level}`, lowering)
  g.output("rows", headRows(g, g.input("pairs", "float32", ["T", 2 * width]), level, width, weights))
  return g.build()
}

/**
 * One head with the rows of the tokens it guesses among: `pairs` `[T, 2d]` in, its `most` likeliest with their chances among these out,
 * `places` int64 and `chances` `[T, most]`. Matrices are held in 8 bits.
 */
export const guessGraph = (
  level: number,
  width: number,
  weights: Weights,
  { tokens, rows }: DraftHead,
  { most, temperature }: { readonly most: number; readonly temperature: number },
  lowering: Lowering,
): Graph => {
  const g = new GraphBuilder(`chimera-guess-${level}`, lowering)
  const read = headRows(
    g,
    g.input("pairs", "float32", ["T", 2 * width]),
    level,
    width,
    weights,
    eightBitBlocks,
  )
  const identity = "draft.rows"
  const matrix = { kind: "dense", rows: tokens.length, columns: width, identity, values: () => rows } as const
  const logits = linear(g, read, eightBitBlocks(matrix))
  const law = ops.softmax(g, ops.mul(g, logits, g.constant("float32", [], [1 / temperature])))
  const likeliest = ops.topK(g, law, Math.min(most, tokens.length))
  g.output("places", likeliest.places)
  g.output("chances", likeliest.values)
  return g.build()
}
