import { type Cursor, makeCursor } from "./_gguf-cursor.ts"
import type { OpenFile } from "./_file.ts"
import { readTexts } from "./_gguf-texts.ts"
import { malformed } from "./_malformed.ts"

/** A list in the metadata. Checked and skipped when the file is opened, read when asked for. */
export interface GgufArray {
  readonly length: number
  /** The elements. Throws `WeightsError` where a text is not UTF-8. */
  readonly values: () => readonly GgufValue[]
}

/** A value of the metadata; 64-bit integers beyond exact numbers stay `bigint`. */
export type GgufValue = number | bigint | boolean | string | GgufArray

const textType = 8
const arrayType = 9

/** Bytes of the scalar types by number: u8 i8 u16 i16 u32 i32 f32 bool · · u64 i64 f64. */
const scalarBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]

/** An array may hold arrays; nothing real goes deeper. */
const deepest = 8

const exact = (value: bigint): number | bigint => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

const readScalar = (cursor: Cursor, type: number): GgufValue => {
  const { view, at } = cursor.peek(scalarBytes[type]!)
  cursor.at += scalarBytes[type]!
  switch (type) {
    case 0:
      return view.getUint8(at)
    case 1:
      return view.getInt8(at)
    case 2:
      return view.getUint16(at, true)
    case 3:
      return view.getInt16(at, true)
    case 4:
      return view.getUint32(at, true)
    case 5:
      return view.getInt32(at, true)
    case 6:
      return view.getFloat32(at, true)
    case 10:
      return exact(view.getBigUint64(at, true))
    case 11:
      return exact(view.getBigInt64(at, true))
    case 12:
      return view.getFloat64(at, true)
    default: {
      const byte = view.getUint8(at)
      if (byte > 1) throw malformed(cursor.path, "invalid-bool", `A truth value is stored as ${byte}.`)
      return byte === 1
    }
  }
}

const readArray = (file: OpenFile, cursor: Cursor, depth: number): GgufArray => {
  const { path, size } = file
  if (depth > deepest)
    throw malformed(path, "array-too-deep", `A list of the metadata is nested more than ${deepest} deep.`)
  const type = cursor.u32()
  const claimed = cursor.u64()
  if (type >= scalarBytes.length)
    throw malformed(path, "unknown-metadata-type", `A list of the metadata has elements of type ${type}.`)
  const least = BigInt(type === textType ? 8 : type === arrayType ? 12 : scalarBytes[type]!)
  if (claimed * least > size)
    throw malformed(
      path,
      "length-beyond-file",
      `A list claims ${claimed} elements; the file has ${size} bytes.`,
    )
  const length = Number(claimed)
  if (type === arrayType) {
    const inner: GgufArray[] = []
    for (let i = 0; i < length; i++) inner.push(readArray(file, cursor, depth + 1))
    return { length, values: () => inner }
  }
  const begin = cursor.at
  if (type === textType) cursor.skipTexts(length)
  else cursor.skip(length * scalarBytes[type]!)
  const end = cursor.at
  return {
    length,
    values: () => {
      if (type === textType) return readTexts(file, begin, end, length)
      const elements = makeCursor(file, begin)
      return Array.from({ length }, () => readScalar(elements, type))
    },
  }
}

/** Reads one value, its type first. */
export const readValue = (file: OpenFile, cursor: Cursor): GgufValue => {
  const type = cursor.u32()
  if (type >= scalarBytes.length)
    throw malformed(file.path, "unknown-metadata-type", `The metadata has a value of type ${type}.`)
  if (type === textType) return cursor.text("A text of the metadata")
  if (type === arrayType) return readArray(file, cursor, 1)
  return readScalar(cursor, type)
}
