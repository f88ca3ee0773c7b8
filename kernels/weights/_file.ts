import { WeightsError } from "@parade/core"
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs"

/** A file open for reading at offsets. Nothing outside its size is ever asked of the disk. */
export interface OpenFile {
  readonly path: string
  readonly size: number
  /** Milliseconds since the epoch; part of identities. */
  readonly modified: number
  /** Fills `into` with the bytes at `offset`. */
  readonly readInto: (into: Uint8Array, offset: number) => void
  /** `length` bytes at `offset`, in an array of their own. */
  readonly read: (offset: number, length: number) => Uint8Array<ArrayBuffer>
  readonly close: () => void
}

const notAFile = (path: string): WeightsError =>
  new WeightsError({
    code: "weights.not-a-file",
    message: "This is not a regular file.",
    advice: "Name the file itself.",
    path,
  })

/** Turns what the file system says into a typed error; errors of our own pass. */
export const fileError = (
  path: string,
  cause: unknown,
  adviceIfMissing = "Check the path of the model.",
): WeightsError => {
  if (cause instanceof WeightsError) return cause
  const code = (cause as { code?: unknown } | null)?.code
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG")
    return new WeightsError({
      code: "weights.file-missing",
      message: "There is no such file or folder.",
      advice: adviceIfMissing,
      path,
      cause,
    })
  if (code === "EISDIR") return notAFile(path)
  if (code === "EACCES" || code === "EPERM")
    return new WeightsError({
      code: "weights.file-not-readable",
      message: "This file may not be read.",
      advice: "Check its permissions.",
      path,
      cause,
    })
  return new WeightsError({
    code: "weights.read-failed",
    advice: "Try again; if it stays so, copy the file to another disk or fetch it anew.",
    message: `Reading failed: ${cause instanceof Error ? cause.message : String(cause)}.`,
    path,
    fault: "environment",
    cause,
  })
}

/** Opening a pipe would wait for somebody to write to it; without waiting it is seen to be no file. Absent on Windows. */
const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0)

/** Opens a file; whoever opened it closes it. Throws `WeightsError`. */
export const openFile = (path: string): OpenFile => {
  let descriptor: number
  try {
    descriptor = openSync(path, flags)
  } catch (cause) {
    throw fileError(path, cause)
  }
  const stat = fstatSync(descriptor)
  if (!stat.isFile()) {
    closeSync(descriptor)
    throw notAFile(path)
  }
  let open = true
  const checkRange = (offset: number, length: number): void => {
    if (offset < 0 || length < 0 || offset + length > stat.size)
      throw new WeightsError({
        code: "weights.truncated",
        message: `Bytes ${offset} to ${offset + length} were wanted, the file has ${stat.size}.`,
        advice: "Download the file again.",
        path,
      })
  }
  const readInto = (into: Uint8Array, offset: number): void => {
    if (!open)
      throw new WeightsError({
        code: "weights.closed",
        message: "The checkpoint was closed before its weights were read.",
        advice: "Read weights inside the scope the checkpoint was opened in.",
        path,
        fault: "bug",
      })
    checkRange(offset, into.length)
    let done = 0
    while (done < into.length) {
      let count: number
      try {
        count = readSync(descriptor, into, done, Math.min(into.length - done, 1 << 30), offset + done)
      } catch (cause) {
        throw fileError(path, cause)
      }
      if (count === 0)
        throw new WeightsError({
          code: "weights.truncated",
          message: "The file became shorter while it was read.",
          advice: "Wait until whoever writes it is done.",
          path,
          fault: "environment",
        })
      done += count
    }
  }
  return {
    path,
    size: stat.size,
    modified: stat.mtimeMs,
    readInto,
    read: (offset, length) => {
      checkRange(offset, length)
      const bytes = new Uint8Array(length)
      readInto(bytes, offset)
      return bytes
    },
    close: () => {
      if (!open) return
      open = false
      closeSync(descriptor)
    },
  }
}
