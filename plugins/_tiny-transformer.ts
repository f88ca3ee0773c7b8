import { referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { normals } from "@parade/training"
import { type assemble, freshTensors, readArchitecture } from "@parade/transformer"

type Parts = Parameters<typeof assemble>[0]

/** How large a transformer is. */
export interface TinySize {
  /** As a config names it; `llama` where absent. */
  readonly type?: string
  readonly layers: number
  readonly vocabulary: number
  readonly width: number
  /** Of the feed-forward. */
  readonly inner: number
  readonly context: number
}

/** For tests: what a transformer of random weights is made of, large enough that its texts are not all the same; on the exact device. */
export const tinyParts = (
  seed: number,
  { type = "llama", layers, vocabulary, width, inner, context }: TinySize,
): Parts => {
  const settings = {
    model_type: type,
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: context,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  }
  const architecture = readArchitecture(settings, "test")
  const draw = normals(seed)
  return {
    name: "tiny",
    architecture,
    attention: groupedQueryAttention,
    tensors: freshTensors(architecture, groupedQueryAttention, (name) => {
      const next = draw(name)
      return () => 20 * next()
    }),
    device: referenceDevice,
    dtype: "fp32",
    vocabularyFingerprint: () => "tiny",
    endTokens: [],
  }
}
