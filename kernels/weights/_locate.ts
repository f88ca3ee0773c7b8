import { WeightsError } from "@parade/core"
import { existsSync, readdirSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileError } from "./_file.ts"

/** The files that make a checkpoint. */
export interface CheckpointFiles {
  readonly format: "safetensors" | "sharded" | "gguf"
  readonly weights: string
  /** Where the files beside the weights are; absent for a GGUF file named by itself, which holds everything. */
  readonly folder: string | undefined
}

const advice = "A model is a folder with model.safetensors and config.json, or a .gguf file."

const locateInFolder = (folder: string): CheckpointFiles => {
  const index = join(folder, "model.safetensors.index.json")
  if (existsSync(index)) return { format: "sharded", weights: index, folder }
  const single = join(folder, "model.safetensors")
  if (existsSync(single)) return { format: "safetensors", weights: single, folder }
  const names = readdirSync(folder)
  for (const [extension, format] of [
    [".gguf", "gguf"],
    [".safetensors", "safetensors"],
  ] as const) {
    const found = names.filter((name) => name.endsWith(extension))
    if (found.length > 1)
      throw new WeightsError({
        code: "weights.several-files",
        message: `The folder has several ${extension} files: ${found.slice(0, 5).join(", ")}.`,
        advice: `Name one: ${join(folder, found[0]!)}.`,
        path: folder,
      })
    if (found.length === 1) return { format, weights: join(folder, found[0]!), folder }
  }
  const other = names.find((name) => /\.(bin|pt|pth|ckpt|h5|msgpack)$/.test(name))
  throw new WeightsError({
    code: other === undefined ? "weights.no-weights" : "weights.unsupported-format",
    message:
      other === undefined ? "The folder has no weights." : `Weights in the form of ${other} cannot be read.`,
    advice,
    path: folder,
  })
}

/** Finds what a path to a folder or file means. Throws `WeightsError`. */
export const locate = (path: string): CheckpointFiles => {
  try {
    if (statSync(path).isDirectory()) return locateInFolder(path)
  } catch (cause) {
    throw fileError(path, cause, "Check the path; a model on the Hugging Face hub is written hf:owner/name.")
  }
  if (path.endsWith(".gguf")) return { format: "gguf", weights: path, folder: undefined }
  if (basename(path).endsWith(".safetensors.index.json"))
    return { format: "sharded", weights: path, folder: dirname(path) }
  if (path.endsWith(".safetensors")) return { format: "safetensors", weights: path, folder: dirname(path) }
  throw new WeightsError({
    code: "weights.unsupported-format",
    message: "The file is neither .safetensors nor .gguf.",
    advice,
    path,
  })
}
