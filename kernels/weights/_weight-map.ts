import { WeightsError } from "@parade/core"
import { readJsonObject } from "./_json-file.ts"

/** An index that does not say where tensors are. */
export const badIndex = (path: string, message: string, cause?: unknown): WeightsError =>
  new WeightsError({
    code: "weights.bad-index",
    message,
    advice: "Download the index file again.",
    path,
    cause,
  })

/** Which shard, beside the index, holds each tensor. Throws `WeightsError`. */
export const readWeightMap = (path: string): ReadonlyMap<string, string> => {
  const { weight_map: map } = readJsonObject(path)
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw badIndex(path, "The index has no weight_map.")
  for (const file of Object.values(map))
    // A shard lies beside its index: its name is a plain file name.
    if (typeof file !== "string" || !/^[\w][\w.-]*$/.test(file))
      throw badIndex(path, `The index names ${JSON.stringify(file)}, which is not a plain file name.`)
  return new Map(Object.entries(map as Record<string, string>))
}
