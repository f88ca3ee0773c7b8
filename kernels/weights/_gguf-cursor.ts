import type { OpenFile } from "./_file.ts"
import { malformed } from "./_malformed.ts"

const windowSize = 1 << 18

/** Reads little-endian values one after another through a window, never beyond the end of the file. */
export interface Cursor {
  /** Offset in the file. */
  at: number
  readonly path: string
  readonly size: number
  /** Fails unless `count` more bytes are there; leaves their first at `offset(count)` of `window`. */
  readonly u8: () => number
  readonly u32: () => number
  readonly u64: () => bigint
  /** The window's view and the position in it of `count` bytes that follow; does not advance. */
  readonly peek: (count: number) => { readonly view: DataView; readonly at: number }
  /** A string: its length in 64 bits, then UTF-8. */
  readonly text: (what: string) => string
  /** Passes over texts that lie one after another. */
  readonly skipTexts: (count: number) => void
  readonly skip: (count: number) => void
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** UTF-8 to a string, or a typed error. */
export const decodeText = (path: string, bytes: Uint8Array, what: string): string => {
  try {
    return strict.decode(bytes)
  } catch (cause) {
    throw malformed(path, "invalid-utf8", `${what} is not UTF-8.`, cause)
  }
}

export const makeCursor = (file: OpenFile, start = 0): Cursor => {
  const { path, size } = file
  let bytes = new Uint8Array(0)
  let view = new DataView(bytes.buffer)
  let windowStart = 0
  const place = { view, at: 0 }

  const truncated = () => malformed(path, "truncated", `The file ends at byte ${size}, inside its header.`)

  const peek = (count: number): { readonly view: DataView; readonly at: number } => {
    const at = cursor.at
    if (at < windowStart || at + count > windowStart + bytes.length) {
      if (at + count > size) throw truncated()
      bytes = file.read(at, Math.min(Math.max(count, windowSize), size - at))
      view = new DataView(bytes.buffer)
      windowStart = at
      place.view = view
    }
    place.at = at - windowStart
    return place
  }

  /** The length of a string, checked against what is left. */
  const textLength = (): number => {
    const length = cursor.u64()
    if (length > size)
      throw malformed(path, "length-beyond-file", `A string claims ${length} bytes; the file has ${size}.`)
    if (cursor.at + Number(length) > size) throw truncated()
    return Number(length)
  }

  const cursor: Cursor = {
    at: start,
    path,
    size,
    peek,
    u8: () => {
      const { view, at } = peek(1)
      cursor.at += 1
      return view.getUint8(at)
    },
    u32: () => {
      const { view, at } = peek(4)
      cursor.at += 4
      return view.getUint32(at, true)
    },
    u64: () => {
      const { view, at } = peek(8)
      cursor.at += 8
      return view.getBigUint64(at, true)
    },
    text: (what) => {
      const length = textLength()
      const { at } = peek(length)
      const text = decodeText(path, bytes.subarray(at, at + length), what)
      cursor.at += length
      return text
    },
    skipTexts: (count) => {
      for (let left = count; left > 0;) {
        const { view, at } = peek(8)
        const last = view.byteLength - 8
        let next = at
        for (; left > 0 && next <= last; left--) {
          if (view.getUint32(next + 4, true) !== 0) {
            cursor.at = windowStart + next
            const length = textLength()
            throw malformed(
              path,
              "length-beyond-file",
              `A text of ${length} bytes is more than any vocabulary has.`,
            )
          }
          next += 8 + view.getUint32(next, true)
        }
        cursor.at = windowStart + next
        if (cursor.at > size) throw truncated()
      }
    },
    skip: (count) => {
      if (cursor.at + count > size) throw truncated()
      cursor.at += count
    },
  }
  return cursor
}
