import type { Model, ParadeError } from "@parade/core"
import type { Device } from "@parade/graph"
import { normals } from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { HeadWeights } from "./head-graph.ts"
import type { MedusaHeads } from "./heads.ts"
import { makeBackbone, width } from "../_tiny-backbone.ts"

export { caches, tokenizer, width } from "../_tiny-backbone.ts"

export const tinyLlama = (seed: number, device?: Device): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(
    makeBackbone(seed, 1, { outputs: ["hidden.final"], lendsHead: true }, device),
    ({ model }) => model,
  )

/** Heads of normal weights; of none but zeros for a deviation of 0. With `tokens`, they guess among these alone. */
export const randomHeads = (
  seed: number,
  count: number,
  deviation: number,
  tokens?: readonly number[],
  /** They have all parts a head can have. */
  whole = false,
): MedusaHeads => {
  const next = normals(seed)("heads")
  const floats = (size: number): Float32Array => Float32Array.from({ length: size }, () => deviation * next())
  return {
    width,
    ...(tokens && {
      draft: { tokens: Int32Array.from(tokens), rows: floats(tokens.length * width) },
      temperatures: Array.from({ length: count }, (_, i) => 0.5 + i),
    }),
    weights: Array.from({ length: count }, (): HeadWeights => ({
      matrix: floats(width * width),
      bias: floats(width),
      ...(whole && { output: floats(width * width), ...(tokens && { token: floats(width * width) }) }),
    })),
    accuracy: Array.from({ length: count }, (_, head) =>
      Array.from({ length: 6 }, (__, rank) => 0.6 ** (head + 1) * 0.5 ** rank),
    ),
    vocabularyFingerprint: "tiny",
  }
}
