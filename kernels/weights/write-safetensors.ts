import { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs"
import { elementCount, elements } from "./_element.ts"

/** A tensor to be written. Bytes are asked for when their turn comes. */
export interface OutgoingTensor {
  readonly name: string
  /** A safetensors dtype: `F32`, `F16`, `BF16`, `I64` … */
  readonly type: string
  readonly shape: readonly number[]
  readonly bytes: () => Uint8Array
}

const refuse = (path: string, message: string): WeightsError =>
  new WeightsError({ code: "weights.cannot-write", message, path, fault: "bug" })

const byteLength = (path: string, { name, type, shape }: OutgoingTensor): number => {
  const element = elements.get(type)
  const count = elementCount(shape)
  if (element === undefined) throw refuse(path, `Tensor ${name} has the unknown dtype ${type}.`)
  if (count === undefined || shape.some((size) => !Number.isSafeInteger(size) || size < 0))
    throw refuse(path, `Tensor ${name} has an impossible shape.`)
  return count * element.bytes
}

const makeHeader = (
  path: string,
  tensors: readonly OutgoingTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array => {
  const entries: [string, unknown][] = []
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata])
  let at = 0
  for (const tensor of tensors) {
    const end = at + byteLength(path, tensor)
    entries.push([tensor.name, { dtype: tensor.type, shape: tensor.shape, data_offsets: [at, end] }])
    at = end
  }
  if (new Set(entries.map(([name]) => name)).size < entries.length)
    throw refuse(path, "Two tensors have the same name.")
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  // Spaces after the JSON put the data on a multiple of 8.
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true)
  header.set(text, 8)
  return header
}

const writeAll = (descriptor: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
}

/**
 * Writes a safetensors file. It appears whole or not at all: the bytes go to a file of another name beside it, which
 * takes its place at the end. Tensors of wider elements come first, so that every tensor is aligned.
 */
export const writeSafetensors = (
  path: string,
  tensors: readonly OutgoingTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Effect.Effect<void, WeightsError> =>
  Effect.try({
    try: () => {
      const width = (tensor: OutgoingTensor): number => elements.get(tensor.type)?.bytes ?? 0
      const ordered = [...tensors].sort((a, b) => width(b) - width(a))
      const header = makeHeader(path, ordered, metadata)
      const unfinished = `${path}.${randomUUID()}.tmp`
      const descriptor = openSync(unfinished, "wx")
      let whole = false
      try {
        writeAll(descriptor, header)
        for (const tensor of ordered) {
          const bytes = tensor.bytes()
          if (bytes.length !== byteLength(path, tensor))
            throw refuse(
              path,
              `Tensor ${tensor.name} has ${bytes.length} bytes; its shape needs another number.`,
            )
          writeAll(descriptor, bytes)
        }
        fsyncSync(descriptor)
        whole = true
      } finally {
        closeSync(descriptor)
        if (whole) renameSync(unfinished, path)
        else rmSync(unfinished, { force: true })
      }
    },
    catch: (cause) =>
      cause instanceof WeightsError
        ? cause
        : new WeightsError({
            code: "weights.write-failed",
            advice: "Check that there is room and that you may write there.",
            message: `Writing failed: ${cause instanceof Error ? cause.message : String(cause)}.`,
            path,
            fault: "environment",
            cause,
          }),
  })
