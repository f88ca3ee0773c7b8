/** Instructions of WebAssembly, as far as the optimiser's loops need them. Code is bytes, nested as it is written. */
export type Code = readonly (number | Code)[]

const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]

const sized = (items: Code): Code => {
  const bytes = flatten(items)
  return [...unsigned(bytes.length), ...bytes]
}

const flatten = (code: Code): number[] =>
  code.flatMap((part) => (typeof part === "number" ? [part] : flatten(part)))

/** Types of values. */
export const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
export type Type = (typeof types)[keyof typeof types]

const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)]

/** Four floats at a time; `f64x2` works on two of them in double precision. */
interface Instructions {
  readonly get: (local: number) => Code
  readonly set: (local: number) => Code
  readonly i32: (value: number) => Code
  readonly i32Add: Code
  readonly i32Less: Code
  readonly f64Add: Code
  /** The four floats at the place on the stack, so many bytes further. */
  readonly load: (offset: number) => Code
  readonly store: (offset: number) => Code
  /** A float four times. */
  readonly splat: Code
  readonly sqrt: Code
  readonly add: Code
  readonly sub: Code
  readonly mul: Code
  readonly div: Code
  /** The first two floats as doubles. */
  readonly promote: Code
  /** Of two vectors on the stack, the last two floats of each. */
  readonly lastHalves: Code
  readonly f64x2Lane: (lane: 0 | 1) => Code
  readonly f64x2Add: Code
  readonly f64x2Mul: Code
  /** Runs `body` again as long as it leaves a condition that holds. */
  readonly loop: (body: Code) => Code
}

/** Their codes, of the SIMD proposal that Node has since version 16. */
export const code: Instructions = {
  get: (local) => [0x20, ...unsigned(local)],
  set: (local) => [0x21, ...unsigned(local)],
  i32: (value) => [0x41, ...unsigned(value)],
  i32Add: [0x6a],
  i32Less: [0x49],
  f64Add: [0xa0],
  load: (offset) => [vector(0x00), 4, ...unsigned(offset)],
  store: (offset) => [vector(0x0b), 4, ...unsigned(offset)],
  splat: vector(0x13),
  sqrt: vector(0xe3),
  add: vector(0xe4),
  sub: vector(0xe5),
  mul: vector(0xe6),
  div: vector(0xe7),
  promote: vector(0x5f),
  lastHalves: [vector(0x0d), 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
  f64x2Lane: (lane) => [vector(0x21), lane],
  f64x2Add: vector(0xf0),
  f64x2Mul: vector(0xf2),
  loop: (body) => [0x03, 0x40, body, 0x0d, 0, 0x0b],
}

/** A function that a module exports. */
export interface WasmFunction {
  readonly name: string
  readonly parameters: readonly Type[]
  readonly result?: Type
  /** Beside the parameters, numbered after them; zero at first. */
  readonly locals: readonly Type[]
  readonly body: Code
}

const section = (id: number, items: readonly Code[]): Code => [id, sized([unsigned(items.length), ...items])]
const text = (value: string): Code => sized([...new TextEncoder().encode(value)])

/** A module of functions over one memory of so many pages of 64 KiB, exported as `memory`. */
export const wasmModule = (functions: readonly WasmFunction[], pages: number): Uint8Array<ArrayBuffer> => {
  const signatures = functions.map(({ parameters, result }): Code => [
    0x60,
    [...unsigned(parameters.length), ...parameters],
    result === undefined ? [0] : [1, result],
  ])
  const exported = functions.map(({ name }, i): Code => [text(name), 0, ...unsigned(i)])
  const bodies = functions.map(({ locals, body }) =>
    sized([...unsigned(locals.length), ...locals.map((type): Code => [1, type]), body, 0x0b]),
  )
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, signatures),
      section(
        3,
        functions.map((_, i) => unsigned(i)),
      ),
      section(5, [[0, ...unsigned(pages)]]),
      section(7, [[text("memory"), 2, 0], ...exported]),
      section(10, bodies),
    ]),
  )
}

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** The exports of a module, made ready. */
export const instantiate = (bytes: Uint8Array<ArrayBuffer>): unknown => {
  // Node's types leave it out.
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly
  return new Instance(new Module(bytes)).exports
}
