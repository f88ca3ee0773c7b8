import type { CacheFactory, Model, ParadeError, Tokenizer } from "@parade/core"
import { type Device, referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { characters, naiveCache, pieceTokenizer } from "@parade/test"
import { normals } from "@parade/training"
import { assemble, freshTensors, readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { HeadWeights } from "./head-graph.ts"
import type { MedusaHeads } from "./heads.ts"

export const width = 16
const vocabulary = 24

export const caches: CacheFactory = naiveCache

export const tokenizer: Tokenizer = pieceTokenizer(characters(vocabulary))

/** A small Llama of random weights, large enough that its texts are not all the same. */
export const tinyLlama = (
  seed: number,
  device: Device = referenceDevice,
): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.suspend(() => {
    const settings = {
      model_type: "llama",
      vocab_size: vocabulary,
      hidden_size: width,
      intermediate_size: 24,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      max_position_embeddings: 96,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: true,
    }
    const architecture = readArchitecture(settings, "test")
    const draw = normals(seed)
    return assemble({
      name: "tiny",
      architecture,
      attention: groupedQueryAttention,
      tensors: freshTensors(architecture, groupedQueryAttention, (name) => {
        const next = draw(name)
        return () => 20 * next()
      }),
      device,
      dtype: "fp32",
      outputs: ["hidden.final"],
      lendsHead: true,
      tokenizer,
      vocabularyFingerprint: () => "tiny",
      endTokens: [],
    })
  })

/** Heads of normal weights; of none but zeros for a deviation of 0. */
export const randomHeads = (seed: number, count: number, deviation: number): MedusaHeads => {
  const next = normals(seed)("heads")
  const floats = (size: number): Float32Array => Float32Array.from({ length: size }, () => deviation * next())
  return {
    width,
    weights: Array.from({ length: count }, (): HeadWeights => ({
      matrix: floats(width * width),
      bias: floats(width),
    })),
    accuracy: Array.from({ length: count }, (_, head) =>
      Array.from({ length: 6 }, (__, rank) => 0.6 ** (head + 1) * 0.5 ** rank),
    ),
    vocabularyFingerprint: "tiny",
  }
}
