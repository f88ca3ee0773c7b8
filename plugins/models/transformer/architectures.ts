import { ModelError } from "@parade/core"
import type { Architecture } from "@parade/layers"
import { configReader } from "./_config-reader.ts"
import type { ConfigReader } from "./_config-reader.ts"
import { dream, fastDllm, llada, wedlm } from "./families/diffusion.ts"
import { gemma, gemma2, gemma3 } from "./families/gemma.ts"
import { gpt2 } from "./families/gpt2.ts"
import { llama, mistral, phi3, qwen2, qwen3 } from "./families/llama.ts"

/** `model_type` of a `config.json` → how to read it as an architecture. */
const families: ReadonlyMap<string, (config: ConfigReader) => Architecture> = new Map([
  ["llama", llama],
  ["mistral", mistral],
  ["phi3", phi3],
  ["qwen2", qwen2],
  ["qwen3", qwen3],
  ["gemma", gemma],
  ["gemma2", gemma2],
  ["gemma3_text", gemma3],
  ["gpt2", gpt2],
  ["llada", llada],
  ["Dream", dream],
  ["Fast_dLLM_Qwen", fastDllm],
  ["wedlm", wedlm],
])

/** The values of `model_type` that can be run. */
export const supportedArchitectures: readonly string[] = [...families.keys()]

/** What well-known architectures are that cannot be run: says why, rather than only "unknown". */
const known: ReadonlyMap<string, string> = new Map([
  ["deepseek_v2", "uses multi-head latent attention and mixture of experts"],
  ["deepseek_v3", "uses multi-head latent attention and mixture of experts"],
  ["mixtral", "is a mixture of experts"],
  ["qwen2_moe", "is a mixture of experts"],
  ["qwen3_moe", "is a mixture of experts"],
  ["gemma3", "reads images beside text"],
  ["marian", "is an encoder-decoder"],
  ["t5", "is an encoder-decoder"],
  ["bart", "is an encoder-decoder"],
  ["bert", "is an encoder"],
  ["vit", "is an image classifier"],
])

/**
 * The architecture a checkpoint's `config.json` describes; `path` names the file in failures.
 *
 * @throws ModelError `model.unsupported-architecture`, or `model.bad-config` naming the key.
 */
export const readArchitecture = (config: Readonly<Record<string, unknown>>, path: string): Architecture => {
  const reader = configReader(config, path)
  const name = reader.string("model_type")
  const family = families.get(name)
  if (family === undefined) {
    const reason = known.get(name)
    throw new ModelError({
      code: "model.unsupported-architecture",
      message: `The checkpoint is of type "${name}", which ${reason ?? "is not known here"}.`,
      advice: `Supported types: ${supportedArchitectures.join(", ")}.`,
      path: `${path}: model_type`,
    })
  }
  return family(reader)
}
