import type { LowRank } from "@parade/graph"
import { integerSetting, numberSetting } from "@parade/tasks"
import { normals } from "@parade/training"

/** The settings of corrections of low rank; `least` is 0 where the weights themselves may be trained instead, `rank` what is taken by default. */
export const correctionSettings = (
  least: 0 | 1,
  rank: number,
): {
  readonly rank: ReturnType<typeof integerSetting>
  readonly alpha: ReturnType<typeof numberSetting>
} => ({
  rank: integerSetting(
    least,
    4096,
    rank,
    `The rank of the corrections beside the weights (r)${least === 0 ? "; 0: the weights themselves are trained" : ""}.`,
  ),
  alpha: numberSetting(0.01, 1e6, 16, "Their size: they count alpha / r."),
})

/** Corrections of the matrices of layers; the embedding, and a head that is tied to it, stay as they are. */
export const layerCorrections = (size: Pick<LowRank, "rank" | "alpha">, seed: number): LowRank => ({
  ...size,
  matches: (identity) => /\.\d+\./.test(identity),
  draw: normals(seed),
})
