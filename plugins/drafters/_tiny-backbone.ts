import type { CacheFactory, ParadeError, Tokenizer } from "@parade/core"
import type { Accuracy } from "@parade/drafting"
import { type Device, referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { characters, naiveCache, pieceTokenizer } from "@parade/test"
import { normals } from "@parade/training"
import { assemble, type Backbone, freshTensors, readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

export const width = 16
export const vocabulary = 24

export const caches: CacheFactory = naiveCache

export const tokenizer: Tokenizer = pieceTokenizer(characters(vocabulary))

/** What a drafter needs of the model. */
type Lent = Pick<Parameters<typeof assemble>[0], "outputs" | "lendsHead" | "takesVectors" | "cuts">

/** A small Llama of random weights, large enough that its texts are not all the same. */
export const makeBackbone = (
  seed: number,
  layers: number,
  lent: Lent,
  device: Device = referenceDevice,
): Effect.Effect<Backbone, ParadeError, Scope> =>
  Effect.suspend(() => {
    const settings = {
      model_type: "llama",
      vocab_size: vocabulary,
      hidden_size: width,
      intermediate_size: 24,
      num_hidden_layers: layers,
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
      ...lent,
      name: "tiny",
      device,
      dtype: "fp32",
      tokenizer,
      vocabularyFingerprint: () => "tiny",
      endTokens: [],
    })
    return Effect.map(model, (made) => ({ ...parts, model: made, identity: `tiny ${seed}` }))
  })

/** Shares that fall with the rank and from guess to guess. */
export const fallingAccuracy = (guesses: number): Accuracy =>
  Array.from({ length: guesses }, (_, i) =>
    Array.from({ length: 6 }, (__, rank) => 0.6 * 0.8 ** i * 0.4 ** rank),
  )
