import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, test } from "node:test"
import { bidirectional, type Visibility } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import { asDream, asLLaDA, asQwenDiffusion } from "./_diffusion-checkpoints.ts"
import { distances, forwardAll, newCache, open, range, readReference, run } from "./_testing.ts"
import { readArchitecture } from "./architectures.ts"

const respelt = async (make: (source: string) => Promise<string>, source: string): Promise<string> => {
  const folder = await make(source)
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const compare = (folder: string, source: string, reference: string, visibility?: Visibility) =>
  Effect.gen(function* () {
    const model = yield* open(folder)
    const expected = readReference(source, reference)
    const rows = {
      tokens: Int32Array.from(expected.input_ids),
      positions: Int32Array.from(range(expected.input_ids.length)),
    }
    const outputs = yield* forwardAll(model, yield* newCache(model), rows, visibility)
    for (const [output, distance] of distances(outputs, source, expected, reference))
      assert.ok(distance <= 2e-6, `${output} is off by ${distance} of the range`)
    return model.info
  })

test("a LLaDA checkpoint is Llama's block over all rows; a masked row predicts itself", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (source === undefined) return
  const folder = await respelt(asLLaDA, source)
  const count = readReference(source, "reference.bidirectional").input_ids.length
  const info = await run(compare(folder, source, "reference.bidirectional", bidirectional(count)))
  assert.deepEqual([info.maskToken, info.maskedRowPredicts], [info.vocabularySize - 1, "self"])
})

test("a Dream checkpoint is Qwen's, and a masked row predicts the next position", async (t) => {
  const source = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (source === undefined) return
  const info = await run(compare(await respelt(asDream, source), source, "reference"))
  assert.deepEqual([info.maskToken, info.maskedRowPredicts], [info.vocabularySize - 1, "next"])
})

test("a Fast-dLLM v2 checkpoint is Qwen's in blocks of bd_size; a WeDLM checkpoint Qwen 2's or 3's, causal", async (t) => {
  const qwen2 = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  const qwen3 = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen3")
  if (qwen2 === undefined || qwen3 === undefined) return
  for (const [source, type, settings, expected] of [
    [qwen2, "Fast_dLLM_Qwen", { bd_size: 8 }, ["next", 8]],
    [qwen2, "Fast_dLLM_Qwen", {}, ["next", 32]],
    [qwen2, "wedlm", {}, ["self", 1]],
    [qwen3, "wedlm", { qk_norm: true, attention_bias: false }, ["self", 1]],
  ] as const) {
    const folder = await respelt((from) => asQwenDiffusion(from, type, settings), source)
    const info = await run(compare(folder, source, "reference"))
    assert.deepEqual([info.maskedRowPredicts, info.blockLength], expected)
    assert.equal(info.maskToken, info.vocabularySize - 1)
  }
})

test("the mask of Qwen's vocabulary is known, and one that the vocabulary lacks is refused under its key", () => {
  const config = {
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    vocab_size: 151936,
  }
  for (const model_type of ["Fast_dLLM_Qwen", "wedlm"]) {
    assert.equal(readArchitecture({ ...config, model_type }, "config.json").maskToken, 151665)
    assert.throws(
      () => readArchitecture({ ...config, model_type, vocab_size: 1000 }, "config.json"),
      ({ code, path }) => code === "model.bad-config" && String(path).endsWith(": mask_token_id"),
    )
  }
})

test("what LLaDA's code could do and its checkpoints do not is refused under its key", () => {
  const llada = {
    model_type: "llada",
    d_model: 64,
    n_heads: 4,
    n_layers: 2,
    vocab_size: 100,
    mlp_hidden_size: 128,
  }
  assert.equal(readArchitecture(llada, "config.json").attention.keyValueHeads, 4)
  assert.equal(
    readArchitecture({ ...llada, n_kv_heads: null, multi_query_attention: true }, "").attention.keyValueHeads,
    1,
  )
  for (const [key, value] of [
    ["block_type", "sequential"],
    ["layer_norm_type", "low_precision"],
    ["alibi", true],
    ["attention_layer_norm", true],
    ["rope", false],
    ["n_heads", 5],
    ["n_kv_heads", 3],
    ["n_layers", 1e6],
    ["d_model", -1],
    ["activation_type", "swiglu2"],
  ] as const)
    assert.throws(
      () => readArchitecture({ ...llada, [key]: value }, "config.json"),
      ({ code, path }) => code === "model.bad-config" && String(path).endsWith(`: ${key}`),
      key,
    )
})
