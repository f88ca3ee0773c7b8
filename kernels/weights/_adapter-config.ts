import { WeightsError } from "@parade/core"
import { existsSync } from "node:fs"
import { isAbsolute, join, resolve } from "node:path"
import { readJsonObject } from "./_json-file.ts"

/** What a folder of adapters says of them. */
export interface AdapterConfig {
  /** `r`. */
  readonly rank: number
  /** `s` of `W + s·B·A`. */
  readonly scale: number
  /** The checkpoint they were trained on, as it is written there. */
  readonly base: string | undefined
}

const configName = "adapter_config.json"

/** Where the matrices of a folder of adapters lie. */
export const adaptersPath = (folder: string): string => join(folder, "adapter_model.safetensors")

/** Whether a path is a folder of adapters, and not of a model. */
export const isAdapterFolder = (path: string): boolean =>
  existsSync(join(path, configName)) && !existsSync(join(path, "config.json"))

/** Settings that change what adapters mean, and the values at which they change nothing. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  use_dora: [false],
  fan_in_fan_out: [false],
  bias: ["none"],
  modules_to_save: [[]],
  rank_pattern: [{}],
  alpha_pattern: [{}],
}

/** Reads what a folder of adapters says. Throws `weights.bad-adapters` or `weights.unsupported-adapters`. */
export const readAdapterConfig = (folder: string): AdapterConfig => {
  const path = join(folder, configName)
  const config = readJsonObject(path)
  const refuse = (code: string, message: string, advice: string): WeightsError =>
    new WeightsError({ code: `weights.${code}`, message, advice, path })
  const merge = "Merge these adapters with the tool that made them, and name the merged model."
  if (config["peft_type"] !== "LORA")
    throw refuse(
      "unsupported-adapters",
      `Adapters of the type ${String(config["peft_type"])} are not read.`,
      merge,
    )
  for (const [key, values] of Object.entries(neutral)) {
    const value = config[key] ?? values[0]
    if (!values.some((one) => JSON.stringify(one) === JSON.stringify(value)))
      throw refuse(
        "unsupported-adapters",
        `Adapters with ${key} ${JSON.stringify(value)} are not read.`,
        merge,
      )
  }
  const { r: rank, lora_alpha: alpha, base_model_name_or_path: base } = config
  if (!(typeof rank === "number" && Number.isSafeInteger(rank) && rank > 0))
    throw refuse("bad-adapters", `The rank "r" is ${JSON.stringify(rank)}.`, "It is a whole number above 0.")
  if (!(typeof alpha === "number" && Number.isFinite(alpha)))
    throw refuse("bad-adapters", `"lora_alpha" is ${JSON.stringify(alpha)}.`, "It is a number.")
  return {
    rank,
    scale: alpha / (config["use_rslora"] === true ? Math.sqrt(rank) : rank),
    base: typeof base === "string" && base !== "" ? base : undefined,
  }
}

/**
 * The checkpoint of a folder of adapters as a source: a name of the hub is written there without `hf:`. Throws
 * `weights.bad-adapters` where the folder names none.
 */
export const baseOf = (folder: string): string => {
  const { base } = readAdapterConfig(folder)
  if (base === undefined)
    throw new WeightsError({
      code: "weights.bad-adapters",
      message: "The adapters do not say which checkpoint they belong to.",
      advice:
        'Write it as "base_model_name_or_path", or name the checkpoint as the source and the folder as its adapters.',
      path: join(folder, configName),
    })
  const isHubName = /^\w[\w.-]*\/\w[\w.-]*$/.test(base) && !existsSync(resolve(folder, base))
  return isHubName && !isAbsolute(base) ? `hf:${base}` : base
}
