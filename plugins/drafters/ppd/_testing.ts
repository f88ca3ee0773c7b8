import type { Model, ParadeError } from "@parade/core"
import type { Device } from "@parade/graph"
import { normals } from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { PromptEmbeddings } from "./prompt-embeddings.ts"
import { fallingAccuracy, makeBackbone, width } from "../_tiny-backbone.ts"

export { caches, fallingAccuracy, tokenizer, width } from "../_tiny-backbone.ts"

export const tinyBackbone = (seed: number, device?: Device): Effect.Effect<Backbone, ParadeError, Scope> =>
  makeBackbone(seed, 2, { takesVectors: true, lendsHead: true }, device)

export const tinyLlama = (seed: number): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(tinyBackbone(seed), ({ model }) => model)

/** Prompt tokens of normal floats; of none but zeros for a deviation of 0. */
export const randomPrompts = (seed: number, m: number, deviation: number): PromptEmbeddings => {
  const next = normals(seed)("prompts")
  return {
    width,
    vectors: Array.from({ length: m }, () => Float32Array.from({ length: width }, () => deviation * next())),
    accuracy: fallingAccuracy(m),
    vocabularyFingerprint: "tiny",
  }
}
