import type { Model, ParadeError } from "@parade/core"
import { type Device, referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { normals } from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { BlockShape } from "./block.ts"
import type { ChimeraParts } from "./drafter.ts"
import { type ChimeraWeights, tensorShapes } from "./weights.ts"
import { caches, fallingAccuracy, makeBackbone, vocabulary, width } from "../_tiny-backbone.ts"

export { caches, tokenizer, vocabulary, width } from "../_tiny-backbone.ts"

export const tinyBackbone = (seed: number, device?: Device): Effect.Effect<Backbone, ParadeError, Scope> =>
  makeBackbone(seed, 2, { outputs: ["hidden.final"], lendsHead: true }, device)

/** The model alone, which says it is so large that a drafter's own runs cost next to nothing beside it. */
export const tinyLlama = (seed: number): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(tinyBackbone(seed), ({ model }) => ({
    ...model,
    info: { ...model.info, weightBytes: 1e9 },
  }))

export const block: BlockShape = {
  width,
  attentionHeads: 2,
  headWidth: 8,
  feedForward: 24,
  contextLength: 96,
}

export const parts: ChimeraParts = {
  attention: groupedQueryAttention,
  cache: caches,
  device: referenceDevice,
}

/** A drafter of normal weights; of none but zeros for a deviation of 0. */
export const randomDrafter = (
  seed: number,
  levels: number,
  deviation: number,
  { draftVocabulary = 0, trigramWidth }: { draftVocabulary?: number; trigramWidth?: number } = {},
): ChimeraWeights => {
  const draw = normals(seed)
  const weights = new Map<string, Float32Array>()
  for (const [name, shape] of tensorShapes(block, groupedQueryAttention, levels, trigramWidth)) {
    const next = draw(name)
    const size = shape.reduce((product, length) => product * length, 1)
    weights.set(
      name,
      Float32Array.from({ length: size }, () => deviation * next()),
    )
  }
  return {
    block,
    weights,
    without: "nothing",
    embeddingScale: 1,
    accuracy: fallingAccuracy(levels),
    vocabularyFingerprint: "tiny",
    ...(draftVocabulary > 0 && {
      draft: {
        tokens: Int32Array.from({ length: draftVocabulary }, (_, i) => vocabulary - 1 - i),
        rows: Float32Array.from({ length: draftVocabulary * width }, draw("draft.rows")),
      },
    }),
  }
}
