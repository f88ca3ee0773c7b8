import { code, instantiate, types, wasmModule } from "./_wasm-code.ts"
import type { Code, Type, WasmFunction } from "./_wasm-code.ts"

/**
 * AdamW in one pass over a parameter, where it lies. As a graph it takes thirteen, and what it gives is copied out and
 * takes the old tensors' place: 14 of a step's 168 ms, and twice the memory of parameters and means (decision 023).
 * WebAssembly has no fused multiply-add, so results are the same on every processor.
 */

const { i32, f32, f64, v128 } = types
const { get, set, load, store } = code

/** Floats that are worked on at once: four arrays of them lie in the second cache. */
const CHUNK = 4096
const BYTES = 4 * CHUNK
const [value, gradient, first, second] = [0, BYTES, 2 * BYTES, 3 * BYTES] as const

/** Runs `body` for the place `at` (0, 16, …) of each four floats up to local 0, a length in bytes. */
const overFloats = (at: number, body: Code): Code =>
  code.loop([body, get(at), code.i32(16), code.i32Add, set(at), get(at), get(0), code.i32Less])

/** `count` scalars from local 1 on, spread over four floats each into as many locals from `to` on. */
const spread = (count: number, to: number): Code =>
  Array.from({ length: count }, (_, i) => [get(1 + i), code.splat, set(to + i)])

const repeated = (type: Type, count: number): readonly Type[] => Array<Type>(count).fill(type)

/** `m ← β₁·m + a·d`, `v ← β₂·v + b·d²`, `p ← kept·p − size · m / (√v + ε)`. */
const adamW: WasmFunction = {
  name: "adamW",
  parameters: [i32, ...repeated(f32, 7)],
  locals: [i32, ...repeated(v128, 10)],
  body: (() => {
    const at = 8
    const [beta1, a, beta2, b, epsilon, size, kept, d, m, v] = Array.from(
      { length: 10 },
      (_, i) => 9 + i,
    ) as [...(readonly [number, number, number, number, number, number, number, number, number, number])]
    const read = (offset: number): Code => [get(at), load(offset)]
    const times = (x: Code, factor: number): Code => [x, get(factor), code.mul]
    return [
      spread(7, 9),
      overFloats(at, [
        [read(gradient), set(d)],
        [times(read(first), beta1), times(get(d), a), code.add, set(m)],
        [times(read(second), beta2), times([get(d), get(d), code.mul], b), code.add, set(v)],
        [get(at), get(m), store(first), get(at), get(v), store(second)],
        [get(at), times(read(value), kept)],
        [times([get(m), get(v), code.sqrt, get(epsilon), code.add, code.div], size), code.sub, store(value)],
      ]),
    ]
  })(),
}

/** `g ← own·g + share·p`. */
const blend: WasmFunction = {
  name: "blend",
  parameters: [i32, f32, f32],
  locals: [i32, v128, v128],
  body: [
    spread(2, 4),
    overFloats(3, [
      get(3),
      [get(3), load(gradient), get(4), code.mul],
      [get(3), load(value), get(5), code.mul],
      code.add,
      store(gradient),
    ]),
  ],
}

/** `Σ d²` in double precision. */
const squares: WasmFunction = {
  name: "squares",
  parameters: [i32],
  result: f64,
  locals: [i32, v128, v128, v128],
  body: (() => {
    const [at, x, pair, sum] = [1, 2, 3, 4]
    const addSquares: Code = [
      set(pair),
      get(pair),
      get(pair),
      code.f64x2Mul,
      get(sum),
      code.f64x2Add,
      set(sum),
    ]
    return [
      overFloats(at, [
        [get(at), load(gradient), set(x)],
        [get(x), code.promote, addSquares],
        [get(x), get(x), code.lastHalves, code.promote, addSquares],
      ]),
      [get(sum), code.f64x2Lane(0), get(sum), code.f64x2Lane(1), code.f64Add],
    ]
  })(),
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly adamW: (bytes: number, ...scalars: readonly number[]) => void
  readonly blend: (bytes: number, own: number, share: number) => void
  readonly squares: (bytes: number) => number
}

/** What one update of a parameter is told, in the order of the kernel. */
export type AdamWScalars = readonly [
  beta1: number,
  ofGradient: number,
  beta2: number,
  ofSquare: number,
  epsilon: number,
  size: number,
  kept: number,
]

/** The tensors of a parameter, of equal length. */
export interface AdamWArrays {
  readonly value: Float32Array
  readonly gradient: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
}

/** Loops over arrays in ordinary memory: parts of them are copied to the module's memory, which the caches hold, and back. */
export class OptimizerKernel {
  readonly #exports: Exports
  readonly #regions: Readonly<Record<keyof AdamWArrays, Float32Array>>

  constructor() {
    this.#exports = instantiate(wasmModule([adamW, blend, squares], (4 * BYTES) / 65_536)) as Exports
    const region = (offset: number): Float32Array =>
      new Float32Array(this.#exports.memory.buffer, offset, CHUNK)
    this.#regions = {
      value: region(value),
      gradient: region(gradient),
      first: region(first),
      second: region(second),
    }
  }

  /** Updates a parameter and its means in place. */
  adamW(arrays: AdamWArrays, scalars: AdamWScalars): void {
    const written = ["value", "first", "second"] as const
    this.#forChunks(arrays, written, (bytes) => this.#exports.adamW(bytes, ...scalars))
  }

  /** `to ← own·to + share·from`, in place. */
  blend(to: Float32Array, own: number, from: Float32Array, share: number): void {
    const arrays = { gradient: to, value: from }
    this.#forChunks(arrays, ["gradient"], (bytes) => this.#exports.blend(bytes, own, share))
  }

  /** The sum of squares, in double precision. */
  squares(x: Float32Array): number {
    let sum = 0
    this.#forChunks({ gradient: x }, [], (bytes) => (sum += this.#exports.squares(bytes)))
    return sum
  }

  #forChunks(
    arrays: Partial<AdamWArrays>,
    written: readonly (keyof AdamWArrays)[],
    run: (bytes: number) => void,
  ): void {
    const names = Object.keys(arrays) as (keyof AdamWArrays)[]
    const { length } = arrays[names[0]!]!
    for (let start = 0; start < length; start += CHUNK) {
      const end = Math.min(start + CHUNK, length)
      // The last four may be fewer: what is behind them counts as zeros.
      const whole = Math.ceil((end - start) / 4) * 4
      for (const name of names) {
        const region = this.#regions[name]
        region.set(arrays[name]!.subarray(start, end))
        region.fill(0, end - start, whole)
      }
      run(4 * whole)
      for (const name of written) arrays[name]!.set(this.#regions[name].subarray(0, end - start), start)
    }
  }
}
