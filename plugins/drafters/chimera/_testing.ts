import type { CacheFactory, Model, ParadeError, Tokenizer } from "@parade/core"
import { type Device, referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { characters, naiveCache, pieceTokenizer } from "@parade/test"
import { normals } from "@parade/training"
import { assemble, type Backbone, freshTensors, readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { BlockShape } from "./block.ts"
import type { ChimeraParts } from "./drafter.ts"
import { type ChimeraWeights, tensorShapes } from "./weights.ts"

export const width = 16
export const vocabulary = 24

export const caches: CacheFactory = naiveCache

export const tokenizer: Tokenizer = pieceTokenizer(characters(vocabulary))

/** A small Llama of random weights, large enough that its texts are not all the same. */
export const tinyBackbone = (
  seed: number,
  device: Device = referenceDevice,
): Effect.Effect<Backbone, ParadeError, Scope> =>
  Effect.suspend(() => {
    const settings = {
      model_type: "llama",
      vocab_size: vocabulary,
      hidden_size: width,
      intermediate_size: 24,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      max_position_embeddings: 96,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: true,
    }
    const architecture = readArchitecture(settings, "test")
    const draw = normals(seed)
    const tensors = freshTensors(architecture, groupedQueryAttention, (name) => {
      const next = draw(name)
      return () => 20 * next()
    })
    const parts = { architecture, attention: groupedQueryAttention, tensors }
    const model = assemble({
      ...parts,
      name: "tiny",
      device,
      dtype: "fp32",
      outputs: ["hidden.final"],
      lendsHead: true,
      tokenizer,
      vocabularyFingerprint: () => "tiny",
      endTokens: [],
    })
    return Effect.map(model, (made) => ({ ...parts, model: made, identity: `tiny ${seed}` }))
  })

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
export const randomDrafter = (seed: number, levels: number, deviation: number): ChimeraWeights => {
  const draw = normals(seed)
  const weights = new Map<string, Float32Array>()
  for (const [name, shape] of tensorShapes(block, groupedQueryAttention, levels)) {
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
    accuracy: Array.from({ length: levels }, (_, level) =>
      Array.from({ length: 6 }, (__, rank) => 0.6 * 0.8 ** level * 0.4 ** rank),
    ),
    vocabularyFingerprint: "tiny",
  }
}
