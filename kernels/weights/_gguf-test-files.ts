/** Builds small GGUF files for tests. */

interface TestTensor {
  readonly name: string
  /** Slowest dimension first. */
  readonly shape: readonly number[]
  readonly values: Float32Array
}

type TestValue =
  | number
  | string
  | boolean
  | { readonly float: number }
  | readonly string[]
  | readonly number[]

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)
const u64 = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)
const f32 = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer)
const text = (value: string): Uint8Array => {
  const bytes = new TextEncoder().encode(value)
  return Uint8Array.from([...u64(bytes.length), ...bytes])
}

const encodeValue = (value: TestValue): readonly Uint8Array[] => {
  if (typeof value === "string") return [u32(8), text(value)]
  if (typeof value === "boolean") return [u32(7), Uint8Array.of(value ? 1 : 0)]
  if (typeof value === "number") return [u32(4), u32(value)]
  if (!Array.isArray(value)) return [u32(6), f32((value as { float: number }).float)]
  const list = value as readonly (string | number)[]
  const isText = typeof list[0] === "string"
  return [
    u32(9),
    u32(isText ? 8 : 5),
    u64(list.length),
    ...list.map((element) => (isText ? text(element as string) : u32(element as number))),
  ]
}

/** A GGUF file of single-precision tensors. */
export const ggufBytes = (
  metadata: Readonly<Record<string, TestValue>>,
  tensors: readonly TestTensor[],
): Uint8Array => {
  const parts: Uint8Array[] = [
    u32(0x46554747),
    u32(3),
    u64(tensors.length),
    u64(Object.keys(metadata).length),
  ]
  for (const [key, value] of Object.entries(metadata)) parts.push(text(key), ...encodeValue(value))
  let offset = 0
  for (const { name, shape, values } of tensors) {
    parts.push(text(name), u32(shape.length), ...shape.toReversed().map(u64), u32(0), u64(offset))
    offset += Math.ceil(values.byteLength / 32) * 32
  }
  const head = Buffer.concat(parts)
  const start = Math.ceil(head.length / 32) * 32
  const file = new Uint8Array(start + offset)
  file.set(head)
  let at = start
  for (const { values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += Math.ceil(values.byteLength / 32) * 32
  }
  return file
}
