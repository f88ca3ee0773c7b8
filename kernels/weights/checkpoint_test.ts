import type { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { ggufBytes } from "./_gguf-test-files.ts"
import { needs, shared } from "./_shared-test-files.ts"
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts"
import { reading } from "./reading.ts"

const tiny = join(shared, "fixtures/tiny-hf")
const smol = join(shared, "models/SmolLM2-135M-Instruct")

const withCheckpoint = <A>(source: string, body: (checkpoint: Checkpoint) => A): Promise<A> =>
  Effect.runPromise(Effect.scoped(Effect.map(openCheckpoint(source), body)))

const failureOf = (source: string): Promise<WeightsError> =>
  Effect.runPromise(Effect.flip(Effect.scoped(openCheckpoint(source))))

const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-weights-"))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As the converter does it: rotary pairs side by side. */
const interleave = (values: Float32Array, rows: number, heads: number): Float32Array => {
  const columns = values.length / rows
  const half = rows / heads / 2
  const out = new Float32Array(values.length)
  for (let head = 0; head < heads; head++)
    for (let part = 0; part < 2; part++)
      for (let i = 0; i < half; i++) {
        const from = (head * 2 + part) * half + i
        out.set(
          values.subarray(from * columns, (from + 1) * columns),
          (head * half + i) * 2 * columns + part * columns,
        )
      }
  return out
}

const names: Readonly<Record<string, string>> = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
}

const ggufName = (name: string, overrides: Readonly<Record<string, string>>): string => {
  const top = /^(model\.embed_tokens|model\.norm|lm_head)\.weight$/.exec(name)?.[1]
  if (top !== undefined)
    return `${{ "model.embed_tokens": "token_embd", "model.norm": "output_norm", lm_head: "output" }[top]}.weight`
  const [, layer, inner, kind] = /^model\.layers\.(\d+)\.(.*)\.(weight|bias)$/.exec(name)!
  return `blk.${layer}.${overrides[inner!] ?? names[inner!]}.${kind}`
}

/** A tiny Hugging Face checkpoint written as the GGUF file its converter would make. */
const asGguf = (
  checkpoint: Checkpoint,
  architecture: string,
  changes: {
    readonly interleaved?: boolean
    readonly normOffset?: number
    readonly names?: Readonly<Record<string, string>>
  },
): Uint8Array => {
  const config = checkpoint.config as Readonly<Record<string, number>>
  const key = (name: string) => `${architecture}.${name}`
  const rope = (checkpoint.config["rope_parameters"] ?? {}) as { rope_theta?: number }
  return ggufBytes(
    {
      "general.architecture": architecture,
      [key("embedding_length")]: config["hidden_size"]!,
      [key("block_count")]: config["num_hidden_layers"]!,
      [key("feed_forward_length")]: config["intermediate_size"]!,
      [key("attention.head_count")]: config["num_attention_heads"]!,
      [key("attention.head_count_kv")]: config["num_key_value_heads"]!,
      [key("attention.key_length")]:
        config["head_dim"] ?? config["hidden_size"]! / config["num_attention_heads"]!,
      [key("attention.layer_norm_rms_epsilon")]: { float: config["rms_norm_eps"]! },
      [key("context_length")]: config["max_position_embeddings"]!,
      [key("rope.freq_base")]: { float: rope.rope_theta ?? 10000 },
      "tokenizer.ggml.eos_token_id": config["eos_token_id"]!,
    },
    [...checkpoint.tensors.values()].map((tensor) => {
      let values = tensor.values()
      const heads = /self_attn\.q_proj/.test(tensor.name)
        ? config["num_attention_heads"]
        : /self_attn\.k_proj/.test(tensor.name)
          ? config["num_key_value_heads"]
          : undefined
      if (changes.interleaved === true && heads !== undefined)
        values = interleave(values, tensor.shape[0]!, heads)
      if (changes.normOffset !== undefined && tensor.name.endsWith("norm.weight"))
        values = values.map((value) => value + changes.normOffset!)
      return { name: ggufName(tensor.name, changes.names ?? {}), shape: tensor.shape, values }
    }),
  )
}

const gemmaNames = {
  post_attention_layernorm: "post_attention_norm",
  pre_feedforward_layernorm: "ffn_norm",
  post_feedforward_layernorm: "post_ffw_norm",
}

for (const [folder, architecture, changes] of [
  ["llama", "llama", { interleaved: true }],
  ["qwen2", "qwen2", {}],
  ["qwen3", "qwen3", {}],
  ["phi3", "phi3", { names: { "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up" } }],
  ["gemma2", "gemma2", { normOffset: 1, names: gemmaNames }],
  ["gemma3", "gemma3", { normOffset: 1, names: gemmaNames }],
] as const)
  test(
    `a ${architecture} GGUF file has the names, rows and config of the Hugging Face folder`,
    needs("fixtures/tiny-hf"),
    () =>
      inFolder(async (temporary) => {
        const original = join(tiny, folder)
        const path = join(temporary, "model.gguf")
        await withCheckpoint(original, (checkpoint) =>
          writeFileSync(path, asGguf(checkpoint, architecture, changes)),
        )
        await Effect.runPromise(
          Effect.scoped(
            Effect.gen(function* () {
              const expected = yield* openCheckpoint(original)
              const read = yield* openCheckpoint(path)
              assert.equal(read.format, "gguf")
              assert.deepEqual([...read.tensors.keys()].sort(), [...expected.tensors.keys()].sort())
              for (const [name, tensor] of expected.tensors) {
                const found = read.tensor(name, tensor.shape).values()
                tensor.values().forEach((value, i) => assert.ok(Math.abs(found[i]! - value) <= 2e-7, name))
              }
              for (const key of [
                "model_type",
                "hidden_size",
                "intermediate_size",
                "num_hidden_layers",
                "num_attention_heads",
                "num_key_value_heads",
                "rms_norm_eps",
                "max_position_embeddings",
                "vocab_size",
                "tie_word_embeddings",
                "eos_token_id",
              ])
                assert.deepEqual(read.config[key], expected.config[key], key)
            }),
          ),
        )
      }),
  )

test("stacked experts come apart", () =>
  inFolder(async (folder) => {
    const key = (name: string) => `llama.${name}`
    const path = join(folder, "moe.gguf")
    const values = Float32Array.from({ length: 3 * 4 * 8 }, (_, i) => i)
    const metadata = {
      "general.architecture": "llama",
      [key("expert_count")]: 3,
      [key("expert_used_count")]: 2,
      [key("embedding_length")]: 8,
      [key("block_count")]: 1,
      [key("feed_forward_length")]: 4,
      [key("attention.head_count")]: 2,
      [key("context_length")]: 16,
      [key("vocab_size")]: 5,
    }
    writeFileSync(
      path,
      ggufBytes(metadata, [{ name: "blk.0.ffn_gate_exps.weight", shape: [3, 4, 8], values }]),
    )
    await withCheckpoint(path, (checkpoint) => {
      assert.equal(checkpoint.config["model_type"], "mixtral")
      assert.equal(checkpoint.config["num_local_experts"], 3)
      const second = checkpoint.tensor("model.layers.0.block_sparse_moe.experts.1.w1.weight", [4, 8])
      assert.deepEqual([...second.values()], [...values.subarray(32, 64)])
    })
    for (const shape of [
      [2 ** 40, 0, 8],
      [12, 8],
    ]) {
      const tensor = {
        name: "blk.0.ffn_gate_exps.weight",
        shape,
        values: shape.length === 2 ? values : new Float32Array(),
      }
      writeFileSync(path, ggufBytes(metadata, [tensor]))
      assert.equal((await failureOf(path)).code, "weights.shape-mismatch")
    }
  }))

test("the config of a GGUF file agrees with the config.json made from it", needs("models"), async () => {
  const alone = await withCheckpoint(join(smol, "SmolLM2-135M-Instruct.Q4_1.gguf"), ({ config }) => config)
  const beside = await withCheckpoint(smol, ({ config }) => config)
  for (const key of Object.keys(alone)) if (key in beside) assert.deepEqual(alone[key], beside[key], key)
  assert.ok(Object.keys(alone).length > 15)
})

test("identities name content, not the way to it", needs("fixtures/tiny-hf"), async () => {
  const identity = (source: string) => withCheckpoint(source, (checkpoint) => checkpoint.identity)
  assert.equal(await identity(join(tiny, "llama")), await identity(`${tiny}/qwen2/../llama`))
  assert.notEqual(await identity(join(tiny, "llama")), await identity(join(tiny, "llama-bf16")))
})

test("a sharded folder is a checkpoint", needs("fixtures/tiny-hf"), () =>
  withCheckpoint(join(tiny, "llama-sharded"), (checkpoint) => {
    assert.equal(checkpoint.tensor("model.embed_tokens.weight", [256, 64]).type, "F32")
  }),
)

test(
  "a device or a pipe in place of a file is told, not waited for or read without end",
  { skip: existsSync("/dev/zero") ? false : "no /dev/zero here" },
  () =>
    inFolder(async (folder) => {
      const config = join(folder, "config.json")
      const weights = join(folder, "model.safetensors")
      writeFileSync(weights, "")
      symlinkSync("/dev/zero", config)
      assert.equal((await failureOf(folder)).code, "weights.not-a-file")
      rmSync(config)
      execFileSync("mkfifo", [config])
      assert.equal((await failureOf(folder)).code, "weights.not-a-file")
      rmSync(config)
      writeFileSync(config, "{}")
      rmSync(weights)
      execFileSync("mkfifo", [weights])
      assert.equal((await failureOf(folder)).code, "weights.not-a-file")
    }),
)

test("what cannot be opened is told apart", needs("fixtures/tiny-hf"), () =>
  inFolder(async (folder) => {
    const expectCode = async (path: string, code: string, said = /./): Promise<void> => {
      const error = await failureOf(path)
      assert.equal(error.code, code, error.describe())
      assert.ok(error.advice !== undefined && error.path !== undefined && error.fault === "caller")
      assert.match(error.describe(), said)
    }
    await expectCode(join(folder, "absent"), "weights.file-missing", /hf:owner\/name/)
    await expectCode(folder, "weights.no-weights")
    writeFileSync(join(folder, "pytorch_model.bin"), "")
    await expectCode(folder, "weights.unsupported-format")
    await expectCode(join(folder, "pytorch_model.bin"), "weights.unsupported-format")
    copyFileSync(join(tiny, "llama/model.safetensors"), join(folder, "model.safetensors"))
    await expectCode(folder, "weights.file-missing", /no config\.json beside them/)
    writeFileSync(join(folder, "config.json"), "[1]")
    await expectCode(folder, "weights.bad-json", /does not hold a JSON object/)
    writeFileSync(join(folder, "config.json"), '{"a":')
    await expectCode(folder, "weights.bad-json", /is not JSON: Unexpected end/)
    writeFileSync(join(folder, "config.json"), "\uFEFF[1]")
    await expectCode(folder, "weights.bad-json", /does not hold a JSON object/)
    writeFileSync(join(folder, "config.json"), `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`)
    await expectCode(folder, "weights.bad-json", /nest deeper than 64/)
    rmSync(join(folder, "config.json"))
    mkdirSync(join(folder, "config.json"))
    await expectCode(folder, "weights.not-a-file")
    symlinkSync("circle", join(folder, "circle"))
    await expectCode(join(folder, "circle"), "weights.file-missing")
    await expectCode(join(folder, "a".repeat(300)), "weights.file-missing")
    const several = join(folder, "several")
    mkdirSync(several)
    for (const name of ["a.gguf", "b.gguf"]) writeFileSync(join(several, name), "")
    await expectCode(several, "weights.several-files", /Name one: \S*a\.gguf/)
    const gguf = join(folder, "a.gguf")
    writeFileSync(gguf, ggufBytes({ "general.architecture": "rwkv7" }, []))
    await expectCode(gguf, "weights.unsupported-architecture")
    writeFileSync(gguf, ggufBytes({}, []))
    await expectCode(gguf, "weights.bad-metadata")
    writeFileSync(gguf, ggufBytes({ "general.architecture": "llama", "llama.block_count": "many" }, []))
    await expectCode(gguf, "weights.bad-metadata")
  }),
)

test("what reading throws, an effect fails with", needs("fixtures/tiny-hf"), async () => {
  const missing = await withCheckpoint(join(tiny, "llama"), (checkpoint) =>
    reading(() => checkpoint.tensor("absent")),
  )
  const error = await Effect.runPromise(Effect.flip(missing))
  assert.equal(error.code, "weights.missing-tensor")
  const defect = await Effect.runPromiseExit(
    reading(() => {
      throw new TypeError("a bug")
    }),
  )
  assert.ok(Exit.hasDies(defect))
})

test("a missing tensor and a wrong shape name the tensor", needs("fixtures/tiny-hf"), () =>
  withCheckpoint(join(tiny, "llama"), (checkpoint) => {
    assert.throws(() => checkpoint.tensor("model.norm.bias"), {
      code: "weights.missing-tensor",
      message: /model\.norm\.bias/,
    })
    assert.throws(() => checkpoint.tensor("model.norm.weight", [65]), {
      code: "weights.shape-mismatch",
      message: /\[64\].*\[65\]/,
    })
  }),
)
