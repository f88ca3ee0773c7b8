import { elementCount } from "./_element.ts"
import type { OpenFile } from "./_file.ts"
import { type Cursor, makeCursor } from "./_gguf-cursor.ts"
import { type GgufValue, readValue } from "./_gguf-metadata.ts"
import { type GgufType, ggufTypes } from "./_gguf-types.ts"
import { malformed } from "./_malformed.ts"

export interface GgufEntry {
  readonly name: string
  readonly type: GgufType
  /** Slowest dimension first; the file has it the other way round. */
  readonly shape: readonly number[]
  /** Offset in the file. */
  readonly begin: number
  readonly byteLength: number
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly entries: readonly GgufEntry[]
  /** Bytes before the data. */
  readonly length: number
}

const magic = 0x46554747

const readCount = (cursor: Cursor, what: string): number => {
  const count = cursor.u64()
  if (count > cursor.size)
    throw malformed(
      cursor.path,
      "count-beyond-file",
      `The header claims ${count} ${what}; the file has ${cursor.size} bytes.`,
    )
  return Number(count)
}

const readVersion = (cursor: Cursor): void => {
  if (cursor.size < 8) throw malformed(cursor.path, "truncated", `The file has ${cursor.size} bytes.`)
  if (cursor.u32() !== magic)
    throw malformed(cursor.path, "wrong-magic", "The file does not start with GGUF.")
  const version = cursor.u32()
  if (version !== 0 && (version & 0xffff) === 0)
    throw malformed(cursor.path, "big-endian", "The file is in big-endian order.")
  if (version !== 2 && version !== 3)
    throw malformed(cursor.path, "unsupported-version", `GGUF version ${version}; 2 and 3 can be read.`)
}

const readMetadata = (file: OpenFile, cursor: Cursor, count: number): Map<string, GgufValue> => {
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < count; i++) {
    const key = cursor.text("A key of the metadata")
    if (metadata.has(key))
      throw malformed(file.path, "duplicate-key", `The metadata has ${JSON.stringify(key)} twice.`)
    metadata.set(key, readValue(file, cursor))
  }
  return metadata
}

const readAlignment = (path: string, metadata: ReadonlyMap<string, GgufValue>): number => {
  const alignment = metadata.get("general.alignment") ?? 32
  if (typeof alignment !== "number" || alignment < 8 || !Number.isInteger(Math.log2(alignment)))
    throw malformed(path, "bad-alignment", `general.alignment is ${String(alignment)}.`)
  return alignment
}

interface Description {
  readonly name: string
  readonly type: GgufType
  readonly shape: readonly number[]
  readonly offset: bigint
  readonly byteLength: number
}

const readDescription = (cursor: Cursor): Description => {
  const name = cursor.text("The name of a tensor")
  const bad = (code: string, what: string) =>
    malformed(cursor.path, code, `Tensor ${JSON.stringify(name)} ${what}.`)
  const rank = cursor.u32()
  if (rank > 4) throw bad("too-many-dimensions", `has ${rank} dimensions`)
  const shape: number[] = []
  for (let i = 0; i < rank; i++) shape.unshift(Number(cursor.u64()))
  const number = cursor.u32()
  const type = ggufTypes.get(number)
  if (type === undefined) throw bad("unknown-tensor-type", `has the unknown type ${number}`)
  const offset = cursor.u64()
  const count = elementCount(shape)
  if (count === undefined || !Number.isSafeInteger(count * type.bytes))
    throw bad("element-count-overflow", `has too many elements: [${shape.join(", ")}]`)
  if ((shape.at(-1) ?? 1) % type.elements !== 0)
    throw bad("row-not-whole-blocks", `has rows of ${shape.at(-1)} in blocks of ${type.elements}`)
  return { name, type, shape, offset, byteLength: (count / type.elements) * type.bytes }
}

const place = (
  file: OpenFile,
  { name, type, shape, offset, byteLength }: Description,
  start: number,
  alignment: number,
): GgufEntry => {
  const bad = (code: string, what: string) =>
    malformed(file.path, code, `Tensor ${JSON.stringify(name)} ${what}.`)
  if (offset > file.size || start + Number(offset) + byteLength > file.size)
    throw bad("data-beyond-file", `lies beyond the end of the file at ${file.size}`)
  if (offset % BigInt(alignment) !== 0n)
    throw bad("misaligned-offset", `lies at ${offset}, not a multiple of ${alignment}`)
  return { name, type, shape, begin: start + Number(offset), byteLength }
}

const checkApart = (path: string, entries: readonly GgufEntry[]): void => {
  const names = new Set<string>()
  for (const { name } of entries) {
    if (names.has(name))
      throw malformed(path, "duplicate-tensor", `The file has tensor ${JSON.stringify(name)} twice.`)
    names.add(name)
  }
  let end = 0
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin || a.byteLength - b.byteLength)) {
    if (entry.begin < end)
      throw malformed(path, "overlapping-tensors", `Tensor ${JSON.stringify(entry.name)} overlaps another.`)
    end = entry.begin + entry.byteLength
  }
}

/** Reads and checks everything before the data. Throws `WeightsError`. */
export const readGgufHeader = (file: OpenFile): GgufHeader => {
  const cursor = makeCursor(file)
  readVersion(cursor)
  const tensorCount = readCount(cursor, "tensors")
  const metadataCount = readCount(cursor, "metadata entries")
  const metadata = readMetadata(file, cursor, metadataCount)
  const alignment = readAlignment(file.path, metadata)
  const descriptions: Description[] = []
  for (let i = 0; i < tensorCount; i++) descriptions.push(readDescription(cursor))
  const start = Math.ceil(cursor.at / alignment) * alignment
  const entries = descriptions.map((description) => place(file, description, start, alignment))
  checkApart(file.path, entries)
  return { metadata, entries, length: cursor.at }
}
