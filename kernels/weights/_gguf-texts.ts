import { decodeText } from "./_gguf-cursor.ts"
import type { OpenFile } from "./_file.ts"

const what = "A text of the metadata"

/** UTF-16 units of the text that starts at `from` and takes `bytes` bytes as UTF-8. */
const unitsOf = (source: string, from: number, bytes: number): number => {
  let at = from
  for (let left = bytes; left > 0; at++) {
    const unit = source.charCodeAt(at)
    if (unit < 0x80) left -= 1
    // Each half of a surrogate pair stands for two of four bytes.
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) left -= 2
    else left -= 3
  }
  return at - from
}

/**
 * Reads `length` texts that lie one after another, their bounds already checked. Vocabularies are short texts, whose
 * length prefixes are themselves ASCII: all of it is decoded in one go then, and cut.
 */
export const readTexts = (file: OpenFile, begin: number, end: number, length: number): string[] => {
  const bytes = file.read(begin, end - begin)
  const view = new DataView(bytes.buffer)
  const sizes = new Uint32Array(length)
  let longest = 0
  for (let i = 0, at = 0; i < length; i++) {
    const size = view.getUint32(at, true)
    sizes[i] = size
    if (size > longest) longest = size
    at += 8 + size
  }
  const texts = new Array<string>(length)
  if (longest < 0x80) {
    const source = decodeText(file.path, bytes, what)
    for (let i = 0, at = 0; i < length; i++) {
      const units = unitsOf(source, at + 8, sizes[i]!)
      texts[i] = source.substring(at + 8, at + 8 + units)
      at += 8 + units
    }
  } else
    for (let i = 0, at = 0; i < length; i++) {
      texts[i] = decodeText(file.path, bytes.subarray(at + 8, at + 8 + sizes[i]!), what)
      at += 8 + sizes[i]!
    }
  return texts
}
