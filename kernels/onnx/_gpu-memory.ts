import { DeviceError } from "@parade/core"
import { elementBytes, GraphBuilder, toOnnx } from "@parade/graph"
import type { DeviceTensor, ElementType, Graph, Tensor, TypedArray } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node"
import type { Runtime } from "./_runtime.ts"
import { openSession } from "./_session.ts"
import type { SessionSettings } from "./_session.ts"

/** A tensor in the memory of the graphics processor. */
export interface GpuTensor extends DeviceTensor {
  /** The tensor as onnxruntime takes it; fails once it is disposed. */
  readonly handle: () => OrtTensor
}

/** Memory of a graphics processor. */
export interface GpuMemory {
  /** A tensor of zeros if `zeroed`, else of anything. Not for tensors without elements. */
  readonly allocate: (type: ElementType, dims: readonly number[], zeroed: boolean) => Promise<GpuTensor>
}

const zerosGraph = (): Graph => {
  const g = new GraphBuilder("zeros", { kind: "fused" })
  const size = g.input("size", "int64", [1])
  const zero = g.constant("float32", [1], [0])
  const [y] = g.node("Expand", [zero, size], [{ type: "float32", shape: ["N"] }])
  g.output("y", y!)
  return g.build()
}

const copyGraph = (): Graph => {
  const g = new GraphBuilder("copy", { kind: "fused" })
  const [y] = g.node("Identity", [g.input("x", "float32", ["N"])], [{ type: "float32", shape: ["N"] }])
  g.output("y", y!)
  return g.build()
}

/** A buffer of the binding: floats, whatever is kept in it. */
type Buffer = OrtTensor

const arrays: Readonly<Record<ElementType, (buffer: ArrayBufferLike, length: number) => TypedArray>> = {
  float32: (buffer, length) => new Float32Array(buffer, 0, length),
  float16: (buffer, length) => new Uint16Array(buffer, 0, length),
  int8: (buffer, length) => new Int8Array(buffer, 0, length),
  uint8: (buffer, length) => new Uint8Array(buffer, 0, length),
  int32: (buffer, length) => new Int32Array(buffer, 0, length),
  int64: (buffer, length) => new BigInt64Array(buffer, 0, length),
  bool: (buffer, length) => new Uint8Array(buffer, 0, length),
}

const elements = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1)

/** Buffers of one size kept for the next who asks; most are the new rows of a forward, used again every round. */
const SPARE = 4

class Memory implements GpuMemory {
  readonly #runtime: Runtime
  readonly #zeros: InferenceSession
  readonly #copy: InferenceSession
  readonly #spare = new Map<number, Buffer[]>()
  readonly #live = new Set<Buffer>()
  #closed = false

  constructor(runtime: Runtime, zeros: InferenceSession, copy: InferenceSession) {
    this.#runtime = runtime
    this.#zeros = zeros
    this.#copy = copy
  }

  async allocate(type: ElementType, dims: readonly number[], zeroed: boolean): Promise<GpuTensor> {
    const words = Math.ceil((elements(dims) * elementBytes[type]) / 4)
    const buffer = (zeroed ? undefined : this.#spare.get(words)?.pop()) ?? (await this.#make(words))
    this.#live.add(buffer)
    return this.#tensor(buffer, words, type, dims, () => this.#release(buffer, zeroed ? undefined : words))
  }

  /** Frees everything, also what nobody disposed. */
  close(): void {
    this.#closed = true
    for (const buffers of [this.#live, ...this.#spare.values()])
      for (const buffer of buffers) buffer.dispose()
    this.#live.clear()
    this.#spare.clear()
  }

  async #make(words: number): Promise<Buffer> {
    const size = new this.#runtime.Tensor("int64", BigInt64Array.of(BigInt(words)), [1])
    return (await this.#zeros.run({ size }, ["y"]))["y"] as OrtTensor
  }

  #release(buffer: Buffer, words: number | undefined): void {
    this.#live.delete(buffer)
    const spare = words === undefined ? undefined : (this.#spare.get(words) ?? [])
    if (words === undefined || spare === undefined || spare.length >= SPARE) buffer.dispose()
    else this.#spare.set(words, [...spare, buffer])
  }

  #view(buffer: Buffer, dataType: ElementType, dims: readonly number[]): OrtTensor {
    // The types know the buffers of browsers only; here it is a handle of the binding.
    return this.#runtime.Tensor.fromGpuBuffer(buffer.gpuBuffer as never, {
      dataType: dataType as never,
      dims,
    }) as OrtTensor
  }

  #tensor(
    buffer: Buffer,
    words: number,
    type: ElementType,
    dims: readonly number[],
    release: () => void,
  ): GpuTensor {
    let disposed = false
    const alive = (): void => {
      if (disposed || this.#closed)
        throw new DeviceError({
          code: "device.disposed",
          message: "A tensor on the device was used after it was freed.",
          fault: "bug",
        })
    }
    const view = this.#view(buffer, type, dims)
    return {
      location: "device",
      type,
      dims,
      handle: () => {
        alive()
        return view
      },
      // The binding cannot download a buffer, and ends the process when asked to; a copying graph can.
      read: async (): Promise<Tensor> => {
        alive()
        const results = await this.#copy.run({ x: this.#view(buffer, "float32", [words]) }, ["y"])
        const data = (results["y"] as OrtTensor).data as Float32Array
        return { type, dims, data: arrays[type](data.buffer, elements(dims)) }
      },
      dispose: () => {
        if (disposed || this.#closed) return
        disposed = true
        release()
      },
    }
  }
}

/** Opens two small sessions, which shows too whether the device answers at all. */
export const openGpuMemory = (
  runtime: Runtime,
  settings: SessionSettings,
): Effect.Effect<GpuMemory, DeviceError, Scope> =>
  Effect.gen(function* () {
    const onDevice = { ...settings, outputsOnDevice: true }
    const zeros = yield* openSession(runtime, toOnnx(zerosGraph()).model, onDevice, "zeros")
    const copy = yield* openSession(runtime, toOnnx(copyGraph()).model, settings, "copy")
    return yield* Effect.acquireRelease(
      Effect.sync(() => new Memory(runtime, zeros, copy)),
      (memory) => Effect.sync(() => memory.close()),
    )
  })
