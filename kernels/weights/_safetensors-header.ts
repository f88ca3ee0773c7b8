import { elementCount, elements } from "./_element.ts"
import type { OpenFile } from "./_file.ts"
import { duplicateKey } from "./_json-keys.ts"
import { malformed } from "./_malformed.ts"

/** Where one tensor lies; offsets count from the start of the file. */
export interface Entry {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>
  /** In the order of the data. */
  readonly entries: readonly Entry[]
  /** The header's own bytes. */
  readonly bytes: Uint8Array
}

/** The format's own limit on the header. */
const largestHeader = 100_000_000

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const readHeaderBytes = (file: OpenFile): Uint8Array => {
  if (file.size < 8)
    throw malformed(file.path, "truncated", `A safetensors file starts with 8 bytes; this has ${file.size}.`)
  const claimed = new DataView(file.read(0, 8).buffer).getBigUint64(0, true)
  if (claimed > largestHeader)
    throw malformed(
      file.path,
      "header-too-large",
      `The header claims ${claimed} bytes; the limit is ${largestHeader}.`,
    )
  const length = Number(claimed)
  if (8 + length > file.size)
    throw malformed(
      file.path,
      "header-beyond-file",
      `The header claims ${length} bytes; the file has ${file.size - 8} after its length.`,
    )
  return file.read(8, length)
}

const parseHeader = (path: string, bytes: Uint8Array): Record<string, unknown> => {
  if (bytes[0] !== 0x7b) throw malformed(path, "header-not-object", "The header does not start with '{'.")
  let text: string
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (cause) {
    throw malformed(path, "header-invalid-utf8", "The header is not UTF-8.", cause)
  }
  let header: Record<string, unknown>
  try {
    header = JSON.parse(text) as Record<string, unknown>
  } catch (cause) {
    throw malformed(path, "header-not-json", "The header is not JSON.", cause)
  }
  const twice = duplicateKey(text, 2)
  if (twice !== undefined)
    throw malformed(path, "duplicate-key", `The header has ${JSON.stringify(twice)} twice.`)
  return header
}

const readMetadata = (path: string, value: unknown): ReadonlyMap<string, string> => {
  if (value === undefined) return new Map()
  if (!isRecord(value) || Object.values(value).some((text) => typeof text !== "string"))
    throw malformed(path, "bad-metadata", "__metadata__ is not an object of strings.")
  return new Map(Object.entries(value as Record<string, string>))
}

const readEntry = (path: string, name: string, value: unknown, start: number, size: number): Entry => {
  const bad = (code: string, what: string) => malformed(path, code, `Tensor ${JSON.stringify(name)} ${what}.`)
  if (!isRecord(value)) throw bad("missing-field", "is not an object")
  const { dtype, shape, data_offsets: offsets } = value
  for (const field of ["dtype", "shape", "data_offsets"])
    if (value[field] === undefined) throw bad("missing-field", `has no ${field}`)
  const element = typeof dtype === "string" ? elements.get(dtype) : undefined
  if (element === undefined) throw bad("unknown-dtype", `has the unknown dtype ${JSON.stringify(dtype)}`)
  if (!Array.isArray(shape) || !shape.every(isIndex))
    throw bad("bad-shape", "has a shape that is not a list of sizes")
  const count = elementCount(shape)
  if (count === undefined || !Number.isSafeInteger(count * element.bytes))
    throw bad("element-count-overflow", `has too many elements: [${shape.join(", ")}]`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isIndex) || offsets[0]! > offsets[1]!)
    throw bad("bad-offsets", "has data_offsets that are not [begin, end]")
  const [begin, end] = offsets as [number, number]
  if (start + end > size) throw bad("data-beyond-file", `ends at byte ${start + end} of a file of ${size}`)
  if (end - begin !== count * element.bytes)
    throw bad("size-mismatch", `needs ${count * element.bytes} bytes and has ${end - begin}`)
  return { name, type: dtype as string, shape, begin: start + begin, end: start + end }
}

/** Every byte after the header belongs to exactly one tensor. */
const checkCover = (file: OpenFile, start: number, entries: readonly Entry[]): void => {
  let at = start
  for (const { name, begin, end } of entries) {
    if (begin < at)
      throw malformed(file.path, "overlapping-tensors", `Tensor ${JSON.stringify(name)} overlaps another.`)
    if (begin > at) throw malformed(file.path, "hole", `Bytes ${at} to ${begin} belong to no tensor.`)
    at = end
  }
  if (at !== file.size)
    throw malformed(file.path, "trailing-bytes", `${file.size - at} bytes follow the last tensor.`)
}

/** Reads and checks the header. Throws `WeightsError`. */
export const readSafetensorsHeader = (file: OpenFile): Header => {
  const bytes = readHeaderBytes(file)
  const start = 8 + bytes.length
  const metadata: { value?: unknown } = {}
  const entries: Entry[] = []
  for (const [name, value] of Object.entries(parseHeader(file.path, bytes)))
    if (name === "__metadata__") metadata.value = value
    else entries.push(readEntry(file.path, name, value, start, file.size))
  const strings = readMetadata(file.path, metadata.value)
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  checkCover(file, start, entries)
  return { metadata: strings, entries, bytes }
}
