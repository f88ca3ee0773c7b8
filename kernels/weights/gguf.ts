import type { WeightsError } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import { realpathSync } from "node:fs"
import { openFile } from "./_file.ts"
import { readGgufHeader } from "./_gguf-header.ts"
import type { GgufArray, GgufValue } from "./_gguf-metadata.ts"
import { shortHash } from "./_hash.ts"
import { openScoped } from "./_safe.ts"
import { makeTensor } from "./_tensor.ts"
import type { WeightTensor } from "./tensor.ts"

export type { GgufArray, GgufValue }

/** An open GGUF file. */
export interface Gguf {
  readonly path: string
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** By the names of the file, such as `blk.0.attn_q.weight`. */
  readonly tensors: ReadonlyMap<string, WeightTensor>
  readonly identity: string
  readonly close: () => void
}

/** Opens a file; the caller closes it. Throws `WeightsError`. */
export const readGguf = (path: string): Gguf => {
  const file = openFile(path)
  try {
    const header = readGgufHeader(file)
    const hash = shortHash(file.read(0, header.length))
    const identity = `${realpathSync(path)}|${file.size}|${file.modified}|${hash}`
    const tensors = new Map<string, WeightTensor>()
    for (const { name, type, shape, begin, byteLength } of header.entries) {
      tensors.set(
        name,
        makeTensor({
          name,
          shape,
          type: type.name,
          quantisation: type.quantisation,
          byteLength,
          identity: `${identity}|${begin}|${type.name}|${shape.join("x")}`,
          read: (from, to) => file.read(begin + from, to - from),
        }),
      )
    }
    return { path, metadata: header.metadata, tensors, identity, close: file.close }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * Opens a GGUF file (version 2 or 3) for as long as the scope lasts. Metadata and the tensor table are checked at
 * once, lists and tensors are read when asked for. Fails with `weights.*` codes named in the README.
 */
export const openGguf = (path: string): Effect<Gguf, WeightsError, Scope> =>
  openScoped(path, () => readGguf(path))
