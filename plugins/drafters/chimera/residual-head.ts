import { GraphBuilder, type Graph, linear, type Lowering, type Value } from "@parade/graph"
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
): Value => {
  const identity = headName(level)
  return linear(g, pairs, {
    kind: "dense",
    rows: width,
    columns: 2 * width,
    identity,
    values: () => weights.get(identity)!,
  })
}

/** One head alone: `pairs` `[T, 2d]` in, `rows` `[T, d]` out, for the LM head. */
export const headGraph = (level: number, width: number, weights: Weights, lowering: Lowering): Graph => {
  const g = new GraphBuilder(`chimera-head-${level}`, lowering)
  g.output("rows", headRows(g, g.input("pairs", "float32", ["T", 2 * width]), level, width, weights))
  return g.build()
}
