import { WeightsError } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileError } from "./_file.ts"
import { shortHash } from "./_hash.ts"
import { openScoped } from "./_safe.ts"
import { readSafetensors, type Safetensors } from "./safetensors.ts"
import type { WeightTensor } from "./tensor.ts"

const badIndex = (path: string, message: string, cause?: unknown): WeightsError =>
  new WeightsError({
    code: "weights.bad-index",
    message,
    advice: "Download the index file again.",
    path,
    cause,
  })

const readWeightMap = (path: string): ReadonlyMap<string, string> => {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (cause) {
    throw fileError(path, cause)
  }
  let index: unknown
  try {
    index = JSON.parse(text)
  } catch (cause) {
    throw badIndex(path, "The index is not JSON.", cause)
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw badIndex(path, "The index has no weight_map.")
  for (const file of Object.values(map))
    // A shard lies beside its index: its name is a plain file name.
    if (typeof file !== "string" || !/^[\w][\w.-]*$/.test(file))
      throw badIndex(path, `The index names ${JSON.stringify(file)}, which is not a plain file name.`)
  return new Map(Object.entries(map as Record<string, string>))
}

/** Opens the shards an index names; the caller closes them. Throws `WeightsError`. */
export const readSharded = (indexPath: string): Safetensors => {
  const weightMap = readWeightMap(indexPath)
  const shards = new Map<string, Safetensors>()
  const close = (): void => {
    for (const shard of shards.values()) shard.close()
  }
  try {
    const tensors = new Map<string, WeightTensor>()
    for (const [name, file] of weightMap) {
      let shard = shards.get(file)
      if (shard === undefined) {
        shard = readSafetensors(join(dirname(indexPath), file))
        shards.set(file, shard)
      }
      const tensor = shard.tensors.get(name)
      if (tensor === undefined)
        throw badIndex(indexPath, `The index puts tensor ${JSON.stringify(name)} in ${file}, which lacks it.`)
      tensors.set(name, tensor)
    }
    const metadata = new Map<string, string>()
    for (const shard of shards.values()) for (const [key, value] of shard.metadata) metadata.set(key, value)
    const identity = shortHash(...[...shards.values()].map((shard) => shard.identity))
    return { metadata, tensors, identity, close }
  } catch (error) {
    close()
    throw error
  }
}

/** Opens all shards named by a `model.safetensors.index.json` for as long as the scope lasts. */
export const openSharded = (indexPath: string): Effect<Safetensors, WeightsError, Scope> =>
  openScoped(indexPath, () => readSharded(indexPath))
