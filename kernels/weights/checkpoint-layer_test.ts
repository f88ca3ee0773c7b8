import * as Effect from "effect/Effect"
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { needs, shared } from "./_shared-test-files.ts"
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts"
import { readSafetensors } from "./safetensors.ts"

// One layer of the real model, in plain loops: the only witness for the order of query and key rows is attention.

const width = 576
const headWidth = 64
const heads = 9
const keyValueHeads = 3

const product = (weights: Float32Array, rows: number, x: Float64Array): Float64Array => {
  const out = new Float64Array(rows)
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < x.length; i++) out[row]! += weights[row * x.length + i]! * x[i]!
  return out
}

const normalised = (x: Float64Array, weight: Float32Array): Float64Array => {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length
  return x.map((value, i) => (value / Math.sqrt(mean + 1e-5)) * weight[i]!)
}

const rotated = (x: Float64Array, position: number): Float64Array => {
  const out = x.slice()
  for (let at = 0; at < x.length; at += headWidth)
    for (let i = 0; i < headWidth / 2; i++) {
      const angle = position * 100000 ** ((-2 * i) / headWidth)
      const [a, b] = [x[at + i]!, x[at + i + headWidth / 2]!]
      out[at + i] = a * Math.cos(angle) - b * Math.sin(angle)
      out[at + i + headWidth / 2] = b * Math.cos(angle) + a * Math.sin(angle)
    }
  return out
}

const firstLayer = (checkpoint: Checkpoint, tokens: readonly number[]): Float64Array => {
  const weight = (name: string) => checkpoint.tensor(`model.layers.0.${name}.weight`).values()
  const embedding = checkpoint.tensor("model.embed_tokens.weight", [49152, width]).values()
  const [q, k, v] = ["q", "k", "v"].map((name) => weight(`self_attn.${name}_proj`))
  const norm = weight("input_layernorm")
  const inputs = tokens.map((token) =>
    Float64Array.from(embedding.subarray(token * width, (token + 1) * width)),
  )
  const rows = inputs.map((x) => normalised(x, norm))
  const keys = rows.map((x, position) => rotated(product(k!, keyValueHeads * headWidth, x), position))
  const values = rows.map((x) => product(v!, keyValueHeads * headWidth, x))
  const last = inputs.length - 1
  const query = rotated(product(q!, width, rows[last]!), last)
  const mixed = new Float64Array(width)
  for (let head = 0; head < heads; head++) {
    const shared = Math.floor(head / (heads / keyValueHeads)) * headWidth
    const scores = keys.map((key) => {
      let sum = 0
      for (let i = 0; i < headWidth; i++) sum += query[head * headWidth + i]! * key[shared + i]!
      return Math.exp(sum / 8)
    })
    const total = scores.reduce((sum, score) => sum + score, 0)
    scores.forEach((score, row) => {
      for (let i = 0; i < headWidth; i++)
        mixed[head * headWidth + i]! += (score / total) * values[row]![shared + i]!
    })
  }
  const attended = product(weight("self_attn.o_proj"), width, mixed).map(
    (value, i) => value + inputs[last]![i]!,
  )
  const x = normalised(attended, weight("post_attention_layernorm"))
  const gate = product(weight("mlp.gate_proj"), 1536, x)
  const up = product(weight("mlp.up_proj"), 1536, x)
  const inner = gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!)
  return product(weight("mlp.down_proj"), width, inner).map((value, i) => value + attended[i]!)
}

test(
  "the first layer of the GGUF model gives the hidden row of the Hugging Face model",
  needs("models"),
  () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.map(openCheckpoint(join(shared, "models/SmolLM2-135M-Instruct")), (checkpoint) => {
          const { prompts } = JSON.parse(
            readFileSync(join(shared, "fixtures/smollm2/prompts.json"), "utf8"),
          ) as {
            prompts: { name: string; input_ids: number[] }[]
          }
          const tokens = prompts.find(({ name }) => name === "chat-capital")!.input_ids
          const reference = readSafetensors(join(shared, "fixtures/smollm2/reference.safetensors"))
          const hidden = reference.tensors.get("chat-capital.hidden")!.values()
          reference.close()
          const embedding = checkpoint.tensor("model.embed_tokens.weight").values()
          const token = tokens.at(-1)!
          assert.deepEqual(embedding.slice(token * width, (token + 1) * width), hidden.slice(0, width))
          firstLayer(checkpoint, tokens).forEach((value, i) =>
            assert.ok(Math.abs(value - hidden[width + i]!) < 1e-4, `${i}: ${value} for ${hidden[width + i]}`),
          )
        }),
      ),
    ),
)
