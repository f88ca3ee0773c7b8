import type { WeightsError } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import { realpathSync } from "node:fs"
import { dequantise } from "./_dequantise.ts"
import { elementValues } from "./_element.ts"
import { openFile } from "./_file.ts"
import { readGgufHeader } from "./_gguf_header.ts"
import type { GgufArray, GgufValue } from "./_gguf_metadata.ts"
import { shortHash } from "./_hash.ts"
import type { Quantisation } from "./_quantisation.ts"
import { openScoped } from "./_safe.ts"
import type { WeightTensor } from "./tensor.ts"

export type { GgufArray, GgufValue }

/** An open GGUF file. */
export interface Gguf {
  readonly path: string
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** By the names of the file, such as `blk.0.attn_q.weight`. */
  readonly tensors: ReadonlyMap<string, GgufTensor>
  readonly identity: string
  readonly close: () => void
}

/** A tensor of a GGUF file; `quantisation` is how its blocks are decoded, absent for plain elements. */
export interface GgufTensor extends WeightTensor {
  readonly quantisation: Quantisation | undefined
}

/** Opens a file; the caller closes it. Throws `WeightsError`. */
export const readGguf = (path: string): Gguf => {
  const file = openFile(path)
  try {
    const header = readGgufHeader(file)
    const hash = shortHash(file.read(0, header.length))
    const identity = `${realpathSync(path)}|${file.size}|${file.modified}|${hash}`
    const tensors = new Map<string, GgufTensor>()
    for (const { name, type, shape, begin, byteLength } of header.entries) {
      const { quantisation } = type
      const bytes = (): Uint8Array<ArrayBuffer> => file.read(begin, byteLength)
      tensors.set(name, {
        name,
        shape,
        type: type.name,
        byteLength,
        identity: `${identity}|${begin}|${type.name}|${shape.join("x")}`,
        bytes,
        values: () =>
          quantisation === undefined ? elementValues(type.name, bytes()) : dequantise(quantisation, bytes()),
        quantisation,
      })
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
