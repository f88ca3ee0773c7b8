import { WeightsError } from "@parade/core"
import type { Gguf, GgufValue } from "./gguf.ts"

/** Typed access to the metadata of one architecture, `llama.block_count` as `block_count`. */
export interface MetadataReader {
  readonly architecture: string
  readonly integer: (key: string) => number
  readonly optionalNumber: (key: string) => number | undefined
  readonly optionalString: (key: string) => string | undefined
}

const bad = (path: string, message: string): WeightsError =>
  new WeightsError({
    code: "weights.bad-metadata",
    message,
    advice: "The file was made by an incomplete converter: use another, or put a config.json beside it.",
    path,
  })

/** A number as single precision wrote it: 1e-5, not 0.00000999999974. */
const shortest = (value: number): number => Number(value.toPrecision(7))

export const metadataReader = ({ path, metadata }: Gguf): MetadataReader => {
  const architecture = metadata.get("general.architecture")
  if (typeof architecture !== "string") throw bad(path, "The metadata lacks general.architecture.")
  const get = (key: string): [name: string, value: GgufValue | undefined] => [
    `${architecture}.${key}`,
    metadata.get(`${architecture}.${key}`),
  ]
  return {
    architecture,
    integer: (key) => {
      const [name, value] = get(key)
      if (value === undefined) throw bad(path, `The metadata lacks ${name}.`)
      if (typeof value !== "number" || !Number.isInteger(value) || value < 1)
        throw bad(path, `${name} is not a positive whole number.`)
      return value
    },
    optionalNumber: (key) => {
      const [name, value] = get(key)
      if (value === undefined) return undefined
      if (typeof value !== "number" || !Number.isFinite(value)) throw bad(path, `${name} is not a number.`)
      return Number.isInteger(value) ? value : shortest(value)
    },
    optionalString: (key) => {
      const [name, value] = get(key)
      if (value !== undefined && typeof value !== "string") throw bad(path, `${name} is not a text.`)
      return value
    },
  }
}
