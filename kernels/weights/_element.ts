import { floatsFromBrain, floatsFromHalf } from "./_half.ts"

/** The array that holds the elements of a tensor as its file has them; half precision and 8-bit floats as their bits. */
export type RawArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

interface Element {
  readonly bytes: number
  readonly view: (bytes: Uint8Array) => RawArray
  /** Without it, elements are numbers already. */
  readonly floats?: (raw: RawArray, out: Float32Array) => void
}

/** Eight-bit floats: `bias` of the exponent, bits of the fraction, and which patterns are not numbers. */
const eightBitFloats = (fractionBits: number, bias: number, ieee: boolean): Float32Array => {
  const table = new Float32Array(256)
  const top = (1 << (7 - fractionBits)) - 1
  const steps = 1 << fractionBits
  for (let bits = 0; bits < 256; bits++) {
    const sign = bits & 128 ? -1 : 1
    const exponent = (bits & 127) >> fractionBits
    const fraction = bits & (steps - 1)
    if (ieee && exponent === top) table[bits] = fraction === 0 ? sign * Infinity : NaN
    else if (!ieee && (bits & 127) === 127) table[bits] = NaN
    else if (exponent === 0) table[bits] = sign * (fraction / steps) * 2 ** (1 - bias)
    else table[bits] = sign * (1 + fraction / steps) * 2 ** (exponent - bias)
  }
  return table
}

const byTable =
  (make: () => Float32Array) =>
  (raw: RawArray, out: Float32Array): void => {
    const table = make()
    const bits = raw as Uint8Array
    for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!
  }

const viewOf =
  <A extends RawArray>(
    View: new (buffer: ArrayBufferLike, offset: number, length: number) => A,
    bytesEach: number,
  ) =>
  (bytes: Uint8Array): A =>
    new View(bytes.buffer, bytes.byteOffset, bytes.byteLength / bytesEach)

const bigFloats = (raw: RawArray, out: Float32Array): void => {
  const integers = raw as BigInt64Array
  for (let i = 0; i < integers.length; i++) out[i] = Number(integers[i])
}

/** Element types by the names safetensors gives them. */
export const elements: ReadonlyMap<string, Element> = new Map<string, Element>([
  ["F64", { bytes: 8, view: viewOf(Float64Array, 8) }],
  ["F32", { bytes: 4, view: viewOf(Float32Array, 4) }],
  [
    "F16",
    {
      bytes: 2,
      view: viewOf(Uint16Array, 2),
      floats: (raw, out) => floatsFromHalf(raw as Uint16Array, out),
    },
  ],
  [
    "BF16",
    {
      bytes: 2,
      view: viewOf(Uint16Array, 2),
      floats: (raw, out) => floatsFromBrain(raw as Uint16Array, out),
    },
  ],
  ["F8_E4M3", { bytes: 1, view: viewOf(Uint8Array, 1), floats: byTable(() => eightBitFloats(3, 7, false)) }],
  ["F8_E5M2", { bytes: 1, view: viewOf(Uint8Array, 1), floats: byTable(() => eightBitFloats(2, 15, true)) }],
  ["I64", { bytes: 8, view: viewOf(BigInt64Array, 8), floats: bigFloats }],
  ["U64", { bytes: 8, view: viewOf(BigUint64Array, 8), floats: bigFloats }],
  ["I32", { bytes: 4, view: viewOf(Int32Array, 4) }],
  ["U32", { bytes: 4, view: viewOf(Uint32Array, 4) }],
  ["I16", { bytes: 2, view: viewOf(Int16Array, 2) }],
  ["U16", { bytes: 2, view: viewOf(Uint16Array, 2) }],
  ["I8", { bytes: 1, view: viewOf(Int8Array, 1) }],
  ["U8", { bytes: 1, view: viewOf(Uint8Array, 1) }],
  ["BOOL", { bytes: 1, view: viewOf(Uint8Array, 1) }],
])

/** The elements as floats; a view of the bytes themselves where those are floats. */
export const elementValues = (type: string, bytes: Uint8Array): Float32Array => {
  const element = elements.get(type)!
  const raw = element.view(bytes)
  if (raw instanceof Float32Array) return raw
  const out = new Float32Array(raw.length)
  if (element.floats === undefined) out.set(raw as ArrayLike<number>)
  else element.floats(raw, out)
  return out
}

/** How many elements a shape has, or `undefined` where the number is beyond exact integers. */
export const elementCount = (shape: readonly number[]): number | undefined => {
  let count = 1
  for (const size of shape) {
    count *= size
    // A later 0 may not excuse a product that has already left the integers.
    if (!Number.isSafeInteger(count)) return undefined
  }
  return count
}
