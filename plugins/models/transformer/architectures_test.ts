import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { ModelError } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import { readArchitecture, supportedArchitectures } from "./architectures.ts"

type Json = Record<string, unknown>

const llama: Json = {
  model_type: "llama",
  vocab_size: 256,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
}

const failure = (config: Json): ModelError => {
  try {
    readArchitecture(config, "config.json")
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: "The config was accepted." })
}

test("Every supported checkpoint of the fixtures reads as the architecture it is", (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf")
  if (folder === undefined) return
  const read = (name: string, file = "config.json"): ReturnType<typeof readArchitecture> =>
    readArchitecture(JSON.parse(readFileSync(join(folder, name, file), "utf8")) as Json, `${name}/${file}`)

  // What tells the families apart.
  assert.deepEqual(
    read("mistral").layers.map(({ window }) => window),
    [8, 8],
  )
  assert.deepEqual(
    read("gemma2").layers.map(({ window }) => window),
    [8, undefined],
  )
  assert.deepEqual(
    read("gemma3").layers.map(({ window, rotary }) => [window, rotary?.base]),
    [
      [8, 1e4],
      [8, 1e4],
      [undefined, 1e6],
    ],
  )
  assert.equal(read("gemma2").embedding.scale, 8)
  assert.equal(read("gemma2").attention.scale, 24 ** -0.5)
  assert.equal(read("gemma2").attention.softcap, 4)
  assert.equal(read("gemma2").head.softcap, 5)
  assert.equal(read("qwen2").attention.queryKeyValueBias, true)
  assert.equal(read("qwen3").attention.headWidth, 32)
  assert.equal(read("qwen3").attention.queryKeyNorm, true)
  assert.equal(read("gpt2").layers[0]!.rotary, undefined)
  assert.equal(read("llama-tied-llama3rope").layers[0]!.rotary?.scaling.kind, "llama3")

  // Both spellings of the same model.
  for (const name of ["llama", "llama-tied-llama3rope"])
    assert.deepEqual(read(name, "config.v4.json"), read(name))

  const accepted = readdirSync(folder).filter((name) => {
    if (name.endsWith(".md")) return false
    const config = JSON.parse(readFileSync(join(folder, name, "config.json"), "utf8")) as Json
    return supportedArchitectures.includes(String(config["model_type"]))
  })
  assert.equal(accepted.length, 12)
})

test("A checkpoint of another kind is refused by what it is, with what is supported", () => {
  for (const [type, reason] of [
    ["deepseek_v3", /latent attention/],
    ["mixtral", /mixture of experts/],
    ["t5", /encoder-decoder/],
    ["mamba9", /not known/],
  ] as const) {
    const error = failure({ ...llama, model_type: type })
    assert.equal(error.code, "model.unsupported-architecture")
    assert.match(error.message, reason)
    assert.match(error.advice ?? "", /llama, mistral/)
  }
})

test("A value out of range is refused under its key", () => {
  const cases: readonly (readonly [string, Json])[] = [
    ["num_hidden_layers", { num_hidden_layers: 1e9 }],
    ["num_hidden_layers", { num_hidden_layers: 1e6 }],
    ["num_hidden_layers", { num_hidden_layers: -1 }],
    ["hidden_size", { hidden_size: 64.5 }],
    ["hidden_size", { hidden_size: null }],
    ["num_attention_heads", { num_attention_heads: 5 }],
    ["num_key_value_heads", { num_key_value_heads: 3 }],
    ["vocab_size", { vocab_size: "256" }],
    ["num_attention_heads", { num_attention_heads: 0 }],
    ["rms_norm_eps", { rms_norm_eps: 0 }],
    ["rms_norm_eps", { rms_norm_eps: NaN }],
    ["rms_norm_eps", { rms_norm_eps: 2 }],
    ["rope_theta", { rope_theta: 0 }],
    ["rope_theta", { rope_theta: -1e4 }],
    ["rope_theta", { rope_parameters: { rope_theta: 1e300 } }],
    ["factor", { rope_scaling: { type: "linear", factor: 1e-300 } }],
    ["hidden_act", { hidden_act: "quick_tanh" }],
    ["rope_type", { rope_scaling: { rope_type: "yarn", factor: 4 } }],
    ["factor", { rope_scaling: { type: "linear" } }],
    [
      "high_freq_factor",
      {
        rope_scaling: {
          rope_type: "llama3",
          factor: 8,
          low_freq_factor: 4,
          high_freq_factor: 4,
          original_max_position_embeddings: 32,
        },
      },
    ],
    ["partial_rotary_factor", { partial_rotary_factor: 0.2 }],
    ["tie_word_embeddings", { tie_word_embeddings: 1 }],
    ["layer_types", { model_type: "mistral", sliding_window: 8, layer_types: ["full_attention"] }],
    ["layer_types", { model_type: "qwen2", layer_types: ["full_attention", "linear_attention"] }],
  ]
  for (const [key, change] of cases) {
    const error = failure({ ...llama, ...change })
    assert.equal(error.code, "model.bad-config", JSON.stringify(change))
    assert.ok(error.path?.endsWith(`: ${key}`), `${error.path} for ${JSON.stringify(change)}`)
  }
})
