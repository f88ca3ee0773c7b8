import type { Architecture, Attention } from "@parade/layers"
import { freshTensors, readArchitecture, type Tensors } from "@parade/transformer"
import type { Weights } from "./weights.ts"

/** What the Full Context Encoder is, beside its weights: one block as Llama has them. */
export interface BlockShape {
  readonly width: number
  readonly attentionHeads: number
  readonly headWidth: number
  readonly feedForward: number
  /** Positions there are, as many as the target has. */
  readonly contextLength: number
}

/** A model of one block whose rows are vectors; its vocabulary of one token is never looked at. */
export const blockArchitecture = (shape: BlockShape): Architecture =>
  readArchitecture(
    {
      model_type: "llama",
      vocab_size: 1,
      hidden_size: shape.width,
      intermediate_size: shape.feedForward,
      num_hidden_layers: 1,
      num_attention_heads: shape.attentionHeads,
      num_key_value_heads: shape.attentionHeads,
      head_dim: shape.headWidth,
      max_position_embeddings: shape.contextLength,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: true,
    },
    "chimera.json",
  )

/** The embedding of the one token, which nothing is trained for and no file holds. */
export const unusedTensor = "model.embed_tokens.weight"

/** The tensors of the block, by Llama's names: those of `weights`, and as `start` draws them where there are none. */
export const blockTensors = (
  architecture: Architecture,
  attention: Attention,
  weights: Weights,
  start: (name: string) => () => number = () => () => 0,
): Tensors => {
  const fresh = freshTensors(architecture, attention, start)
  const names = [...fresh.names]
  return {
    path: "the block",
    names,
    shape: fresh.shape,
    matrix: (name, lookedUp) => {
      const values = weights.get(name)
      const matrix = fresh.matrix(name, lookedUp)
      return values === undefined || matrix.kind !== "dense" ? matrix : { ...matrix, values: () => values }
    },
    vector: (name) => {
      const values = weights.get(name)
      return values === undefined ? fresh.vector(name) : { ...fresh.vector(name), values: () => values }
    },
  }
}
