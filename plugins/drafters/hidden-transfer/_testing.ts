import type { CacheFactory, Model, ParadeError, Tokenizer } from "@parade/core"
import type { Accuracy } from "@parade/drafting"
import { type Device, referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { characters, naiveCache, pieceTokenizer } from "@parade/test"
import { normals } from "@parade/training"
import { assemble, type Backbone, freshTensors, readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { identityMap } from "./map-graph.ts"
import type { TransferMaps } from "./maps.ts"

export const width = 16
export const vocabulary = 24

/** States are transferred behind the first of three layers. */
export const layer = 1

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
      num_hidden_layers: 3,
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
      cuts: [layer],
      tokenizer,
      vocabularyFingerprint: () => "tiny",
      endTokens: [],
    })
    return Effect.map(model, (made) => ({ ...parts, model: made, identity: `tiny ${seed}` }))
  })

export const tinyLlama = (seed: number): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(tinyBackbone(seed), ({ model }) => model)

/** Shares that fall with the rank and from step to step. */
export const fallingAccuracy = (k: number): Accuracy =>
  Array.from({ length: k }, (_, i) => Array.from({ length: 6 }, (__, rank) => 0.6 * 0.8 ** i * 0.4 ** rank))

/** Maps of normal floats; the identity for a deviation of 0. */
export const randomMaps = (seed: number, k: number, deviation: number): TransferMaps => {
  const next = normals(seed)("maps")
  return {
    width,
    layer,
    weights: Array.from({ length: k }, () =>
      deviation === 0
        ? identityMap(width)
        : Float32Array.from({ length: width * width }, () => deviation * next()),
    ),
    accuracy: fallingAccuracy(k),
    vocabularyFingerprint: "tiny",
  }
}
