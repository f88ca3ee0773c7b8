import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readSafetensors, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"

type Config = Readonly<Record<string, unknown>>

/** A checkpoint with another config and other names for its tensors, in a folder of its own. */
const respelt = async (
  source: string,
  config: (config: Config) => Config,
  rename: (name: string) => string,
): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-diffusion-"))
  const original = JSON.parse(readFileSync(join(source, "config.json"), "utf8")) as Config
  writeFileSync(join(folder, "config.json"), JSON.stringify(config(original)))
  const file = readSafetensors(join(source, "model.safetensors"))
  const tensors = Array.from(file.tensors, ([name, tensor]) => ({
    name: rename(name),
    type: "F32",
    shape: tensor.shape,
    bytes: () => new Uint8Array(tensor.values().slice().buffer),
  }))
  await Effect.runPromise(writeSafetensors(join(folder, "model.safetensors"), tensors))
  file.close()
  return folder
}

const lladaNames: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens\./, "model.transformer.wte."],
  [/^lm_head\./, "model.transformer.ff_out."],
  [/^model\.norm\./, "model.transformer.ln_f."],
  [/^model\.layers\./, "model.transformer.blocks."],
  [/\.self_attn\.o_proj\./, ".attn_out."],
  [/\.self_attn\./, "."],
  [/\.mlp\.gate_proj\./, ".ff_proj."],
  [/\.mlp\.up_proj\./, ".up_proj."],
  [/\.mlp\.down_proj\./, ".ff_out."],
  [/\.input_layernorm\./, ".attn_norm."],
  [/\.post_attention_layernorm\./, ".ff_norm."],
]

/** A Llama checkpoint as LLaDA would spell it, its last token the mask. */
export const asLLaDA = (source: string): Promise<string> =>
  respelt(
    source,
    (config) => ({
      model_type: "llada",
      block_type: "llama",
      activation_type: "silu",
      layer_norm_type: "rms",
      rope: true,
      alibi: false,
      multi_query_attention: null,
      d_model: config["hidden_size"],
      n_heads: config["num_attention_heads"],
      n_kv_heads: config["num_key_value_heads"],
      n_layers: config["num_hidden_layers"],
      mlp_hidden_size: config["intermediate_size"],
      max_sequence_length: config["max_position_embeddings"],
      rms_norm_eps: config["rms_norm_eps"],
      rope_theta: 10000,
      vocab_size: config["vocab_size"],
      embedding_size: config["vocab_size"],
      weight_tying: false,
      eos_token_id: config["eos_token_id"],
      mask_token_id: (config["vocab_size"] as number) - 1,
    }),
    (name) => lladaNames.reduce((spelt, [from, to]) => spelt.replace(from, to), name),
  )

/** A Qwen 2 checkpoint as Dream would spell it, its last token the mask. */
export const asDream = (source: string): Promise<string> =>
  respelt(
    source,
    (config) => ({ ...config, model_type: "Dream", mask_token_id: (config["vocab_size"] as number) - 1 }),
    (name) => name,
  )

/** A Qwen checkpoint as Fast-dLLM v2 or WeDLM would spell it, its last token the mask. */
export const asQwenDiffusion = (
  source: string,
  type: "Fast_dLLM_Qwen" | "wedlm",
  settings: Config = {},
): Promise<string> =>
  respelt(
    source,
    (config) => ({
      ...config,
      model_type: type,
      mask_token_id: (config["vocab_size"] as number) - 1,
      ...settings,
    }),
    (name) => name,
  )
