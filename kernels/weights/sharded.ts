import type { WeightsError } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import { dirname, join } from "node:path"
import { shortHash } from "./_hash.ts"
import { openScoped } from "./_safe.ts"
import { badIndex, readWeightMap } from "./_weight-map.ts"
import { readSafetensors, type Safetensors } from "./safetensors.ts"
import type { WeightTensor } from "./tensor.ts"

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
