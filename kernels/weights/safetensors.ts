import { type WeightsError } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import { realpathSync } from "node:fs"
import { openFile } from "./_file.ts"
import { shortHash } from "./_hash.ts"
import { readSafetensorsHeader } from "./_safetensors-header.ts"
import { openScoped } from "./_safe.ts"
import { makeTensor } from "./_tensor.ts"
import type { WeightTensor } from "./tensor.ts"

/** An open safetensors file, or several that make one checkpoint. */
export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>
  /** By name, in the order of the data. */
  readonly tensors: ReadonlyMap<string, WeightTensor>
  readonly identity: string
  readonly close: () => void
}

/** Opens one file; the caller closes it. Throws `WeightsError`. */
export const readSafetensors = (path: string): Safetensors => {
  const file = openFile(path)
  try {
    const header = readSafetensorsHeader(file)
    const identity = `${realpathSync(path)}|${file.size}|${file.modified}|${shortHash(header.bytes)}`
    const tensors = new Map<string, WeightTensor>()
    for (const { name, type, shape, begin, end } of header.entries) {
      tensors.set(
        name,
        makeTensor({
          name,
          shape,
          type,
          quantisation: undefined,
          byteLength: end - begin,
          identity: `${identity}|${begin}|${type}|${shape.join("x")}`,
          read: (from, to) => file.read(begin + from, to - from),
        }),
      )
    }
    return { metadata: header.metadata, tensors, identity, close: file.close }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * Opens a safetensors file for as long as the scope lasts. Only the header is read; every byte of the file must be
 * accounted for. Fails with `weights.*` codes named in the README.
 */
export const openSafetensors = (path: string): Effect<Safetensors, WeightsError, Scope> =>
  openScoped(path, () => readSafetensors(path))
