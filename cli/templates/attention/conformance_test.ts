import assert from "node:assert/strict"
import { test } from "node:test"
import { referenceDevice } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import type { Attention } from "@parade/layers"
import { modelSuite } from "@parade/test"
import { normals } from "@parade/training"
import { assemble, freshTensors, readArchitecture } from "@parade/transformer"
import { alternatingWindow } from "./mod.ts"

const architecture = readArchitecture(
  {
    model_type: "llama",
    vocab_size: 24,
    hidden_size: 8,
    intermediate_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  },
  "test",
)

/** A transformer of random weights on the exact device, attending as it is told. */
const modelWith = (attention: Attention) => {
  const draw = normals(1)
  const tensors = freshTensors(architecture, attention, (name) => {
    const next = draw(name)
    return () => 20 * next()
  })
  return assemble({
    name: "tiny",
    architecture,
    attention,
    tensors,
    device: referenceDevice,
    dtype: "fp32",
    takesVectors: true,
    vocabularyFingerprint: () => "tiny",
    endTokens: [],
  })
}

// An attention is held to what a model with it promises.
for (const window of [1, 3])
  modelSuite(
    (sentence, body) => test(`window ${window}: ${sentence}`, body),
    modelWith(alternatingWindow({ attention: groupedQueryAttention, window, every: 2 })),
  )

test("Every second layer keeps the window that it has, the others are narrowed.", () => {
  const { window } = alternatingWindow({ attention: groupedQueryAttention, window: 3, every: 2 })
  assert.deepEqual(
    [0, 1].map((layer) => window(architecture, layer)),
    [3, undefined],
  )
})
