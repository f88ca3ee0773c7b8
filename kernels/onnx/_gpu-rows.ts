import { DeviceError } from "@parade/core"
import type { PendingRows, RowLayout } from "@parade/core"
import {
  checkCount,
  checkLayout,
  checkParts,
  checkPending,
  checkPlaces,
  checkRows,
  isDeviceTensor,
  placeParts,
  refuseRows,
  tensor,
} from "@parade/graph"
import type { DeviceRows, Feed, Feeds, PlacedPart, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { GpuMemory, GpuTensor } from "./_gpu-memory.ts"
import type { GpuProgram } from "./_gpu-program.ts"
import { makePlaces } from "./_gpu-row-graphs.ts"

/** The graphs that move rows of one layout, compiled when first needed. */
export interface RowPrograms {
  readonly write: Effect.Effect<GpuProgram, DeviceError>
  readonly keep: Effect.Effect<GpuProgram, DeviceError>
  readonly load: Effect.Effect<GpuProgram, DeviceError>
  readonly read: Effect.Effect<GpuProgram, DeviceError>
}

interface GpuPending {
  readonly store: "gpu"
  readonly layout: string
  readonly outputs: Readonly<Record<string, Feed>>
}

const integers = (values: ArrayLike<number>): Tensor =>
  tensor("int32", [values.length], Int32Array.from(values))

/** Rows in a graphics processor's memory: one tensor a part, written in place by small graphs. */
class GpuRows implements DeviceRows {
  readonly layout: RowLayout
  capacity = 0
  readonly #step: number
  readonly #parts: readonly PlacedPart[]
  readonly #memory: GpuMemory
  readonly #programs: RowPrograms
  #tensors = new Map<PlacedPart, GpuTensor>()
  #feeds: Feeds = {}
  #pending: GpuPending | undefined

  constructor(layout: RowLayout, step: number, memory: GpuMemory, programs: RowPrograms) {
    this.layout = layout
    this.#step = step
    this.#parts = placeParts(layout)
    this.#memory = memory
    this.#programs = programs
    this.#renewFeeds()
  }

  get bytes(): number {
    return this.#parts.reduce((sum, { blocks, width }) => sum + blocks * width * this.capacity * 4, 0)
  }

  readonly feeds = (): Feeds => this.#feeds

  /** New rows dropped by this forward make room for the next ones. */
  readonly pending = (outputs: Readonly<Record<string, Feed>>): GpuPending => {
    const pending = { store: "gpu", layout: this.layout.key, outputs } as const
    this.#drop(outputs)
    this.#pending = pending
    return pending
  }

  readonly reserve = (rows: number): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkCount(rows)
      if (failure !== undefined) return Effect.fail(failure)
      return rows <= this.capacity ? Effect.void : this.#grow(Math.ceil(rows / this.#step) * this.#step)
    })

  readonly write = (
    pending: PendingRows,
    from: ArrayLike<number>,
    at: number,
  ): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const content = pending.content as GpuPending | undefined
      if (content?.store !== "gpu" || content.layout !== this.layout.key)
        return Effect.fail(refuseRows("foreign", "These pending rows were made for another store."))
      const failure = checkPlaces(at, from.length, this.capacity) ?? this.#checkPending(content, from)
      if (failure !== undefined) return Effect.fail(failure)
      return this.#put(this.#programs.write, from.length, at, { ...content.outputs, from: integers(from) })
    })

  readonly keep = (from: ArrayLike<number>): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkRows(from, this.capacity, true)
      if (failure !== undefined) return Effect.fail(failure)
      return this.#put(this.#programs.keep, from.length, 0, { from: integers(from) })
    })

  readonly read = (
    rows: ArrayLike<number>,
  ): Effect.Effect<Readonly<Record<string, Float32Array>>, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkRows(rows, this.capacity, false)
      if (failure !== undefined) return Effect.fail(failure)
      if (rows.length === 0)
        return Effect.succeed(Object.fromEntries(this.#parts.map(({ name }) => [name, new Float32Array(0)])))
      const fetches = this.#parts.map(({ name }) => ({ name: `kept.${name}` }))
      return this.#programs.read.pipe(
        Effect.flatMap((program) => program.run({ ...this.#feeds, from: integers(rows) }, fetches)),
        Effect.map((kept) =>
          Object.fromEntries(
            this.#parts.map(({ name }) => [name, (kept[`kept.${name}`] as Tensor<"float32">).data]),
          ),
        ),
      )
    })

  readonly load = (
    parts: Readonly<Record<string, Float32Array>>,
    count: number,
    at: number,
  ): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkPlaces(at, count, this.capacity) ?? checkParts(this.layout, parts, count)
      if (failure !== undefined) return Effect.fail(failure)
      const rows: Record<string, Feed> = {}
      for (const { name, blocks, width } of this.#parts)
        rows[`rows.${name}`] = tensor("float32", [blocks, count, width], parts[name]!)
      return this.#put(this.#programs.load, count, at, rows)
    })

  readonly clone = (rows: number): Effect.Effect<DeviceRows, DeviceError, Scope> =>
    Effect.suspend(() => {
      const failure = checkPlaces(0, rows, this.capacity)
      if (failure !== undefined) return Effect.fail(failure)
      return makeGpuRows(this.layout, this.#step, this.#memory, this.#programs).pipe(
        Effect.tap((copy) => copy.reserve(rows === 0 ? 0 : this.capacity)),
        // All places there are: copying on the device what need not be is cheaper than picking.
        Effect.tap((copy) =>
          rows === 0 ? Effect.void : (copy as GpuRows).#take(this.#tensors, this.capacity),
        ),
      )
    })

  /** Free the memory; what is read or written afterwards is out of range. */
  release(): void {
    this.#drop({})
    for (const one of this.#tensors.values()) one.dispose()
    this.#tensors = new Map()
    this.capacity = 0
    this.#renewFeeds()
  }

  /** Run a graph over all parts whose outputs take the place of the parts themselves. */
  #put(
    program: Effect.Effect<GpuProgram, DeviceError>,
    count: number,
    at: number,
    feeds: Feeds,
  ): Effect.Effect<void, DeviceError> {
    if (count === 0) return Effect.void
    const all: Record<string, Feed> = { ...this.#feeds, ...feeds }
    for (const { blocks } of this.#parts)
      all[`places.${blocks}`] ??= tensor("int64", [blocks, count, 2], makePlaces(blocks, at, count))
    const fetches = this.#parts.map((part) => ({
      name: `kept.${part.name}`,
      into: this.#tensors.get(part)!,
    }))
    return Effect.flatMap(program, (one) => one.runInto(all, fetches))
  }

  /** Copy `count` places of another store's tensors. */
  #take(tensors: ReadonlyMap<PlacedPart, GpuTensor>, count: number): Effect.Effect<void, DeviceError> {
    const rows: Record<string, Feed> = {}
    for (const [part, one] of tensors) rows[`rows.${part.name}`] = one
    return this.#put(this.#programs.load, count, 0, rows)
  }

  #grow(capacity: number): Effect.Effect<void, DeviceError> {
    const before = this.#tensors
    const occupied = this.capacity
    const allocate = Effect.tryPromise({
      try: async () => {
        const grown = new Map<PlacedPart, GpuTensor>()
        try {
          for (const part of this.#parts)
            grown.set(part, await this.#memory.allocate("float32", [part.blocks, capacity, part.width], true))
          return grown
        } catch (cause) {
          for (const one of grown.values()) one.dispose()
          throw cause
        }
      },
      catch: (cause) =>
        new DeviceError({
          code: "device.out-of-memory",
          message: `There is no memory on the device for ${capacity} rows of this cache.`,
          advice: "Shorten the context, or close other sequences.",
          fault: "environment",
          cause,
        }),
    })
    const use = (tensors: Map<PlacedPart, GpuTensor>, places: number): void => {
      this.#tensors = tensors
      this.capacity = places
      this.#renewFeeds()
    }
    return Effect.uninterruptible(
      Effect.flatMap(allocate, (grown) => {
        use(grown, capacity)
        const copied = occupied === 0 ? Effect.void : this.#take(before, occupied)
        return copied.pipe(
          Effect.tapError(() =>
            Effect.sync(() => {
              for (const one of grown.values()) one.dispose()
              use(before, occupied)
            }),
          ),
          Effect.andThen(
            Effect.sync(() => {
              for (const one of before.values()) one.dispose()
            }),
          ),
        )
      }),
    )
  }

  #drop(next: Readonly<Record<string, Feed>>): void {
    const kept = new Set(Object.values(next))
    for (const output of Object.values(this.#pending?.outputs ?? {}))
      if (isDeviceTensor(output) && !kept.has(output)) output.dispose()
    this.#pending = undefined
  }

  #renewFeeds(): void {
    const feeds: Record<string, Feed> = {}
    for (const part of this.#parts)
      feeds[part.input] =
        this.#tensors.get(part) ?? tensor("float32", [part.blocks, 0, part.width], new Float32Array(0))
    this.#feeds = feeds
  }

  #checkPending({ outputs }: GpuPending, from: ArrayLike<number>): DeviceError | undefined {
    for (const part of this.#parts) {
      const failure = checkPending(part, outputs[part.output], from)
      if (failure !== undefined) return failure
    }
    return undefined
  }
}

/**
 * Rows in the memory of a graphics processor; places never written hold zeros or rows of before. There are places
 * from the start: an empty past crashes products of onnxruntime 1.30.0 on webgpu.
 */
export const makeGpuRows = (
  layout: RowLayout,
  step: number,
  memory: GpuMemory,
  programs: RowPrograms,
): Effect.Effect<DeviceRows, DeviceError, Scope> =>
  Effect.suspend(() => {
    const failure = checkLayout(layout, step)
    return failure === undefined
      ? Effect.tap(
          Effect.acquireRelease(
            Effect.sync(() => new GpuRows(layout, step, memory, programs)),
            (rows) => Effect.sync(() => rows.release()),
          ),
          (rows) => rows.reserve(1),
        )
      : Effect.fail(failure)
  })
