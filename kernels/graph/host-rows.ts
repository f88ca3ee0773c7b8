import { DeviceError } from "@parade/core"
import type { PendingRows, RowLayout } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { copyFloats, makePartBuffer, relay, resizePart } from "./_part-buffer.ts"
import type { PartBuffer } from "./_part-buffer.ts"
import type { DeviceRows, Feed, Feeds } from "./device.ts"
import {
  checkCount,
  checkLayout,
  checkParts,
  checkPending,
  checkPlaces,
  checkRows,
  placeParts,
  refuseRows,
} from "./row-checks.ts"
import type { Tensor } from "./tensor.ts"

/** The new rows of a forward in ordinary memory: per family `[sum of blocks, rows, width]`. */
interface HostPending {
  readonly store: "host"
  readonly layout: string
  readonly outputs: Readonly<Record<string, Feed>>
}

class HostRows implements DeviceRows {
  readonly layout: RowLayout
  capacity = 0
  readonly #step: number
  #expected = 0
  #parts: readonly PartBuffer[]
  #feeds: Feeds = {}

  constructor(layout: RowLayout, step: number) {
    this.layout = layout
    this.#step = step
    this.#parts = placeParts(layout).map(makePartBuffer)
    this.#renewFeeds()
  }

  get bytes(): number {
    let total = 0
    for (const part of this.#parts) total += part.memory.byteLength
    return total
  }

  readonly feeds = (): Feeds => this.#feeds

  readonly pending = (outputs: Readonly<Record<string, Feed>>): HostPending => ({
    store: "host",
    layout: this.layout.key,
    outputs,
  })

  readonly reserve = (rows: number): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkCount(rows)
      if (failure !== undefined) return Effect.fail(failure)
      return rows <= this.capacity ? Effect.void : this.#grow(Math.ceil(rows / this.#step) * this.#step)
    })

  /** Room for an eighth more, so that what follows does not move them all at once. */
  readonly expect = (rows: number): void => {
    if (checkCount(rows) === undefined) this.#expected = Math.ceil((rows * 9) / 8)
  }

  readonly write = (
    pending: PendingRows,
    from: ArrayLike<number>,
    at: number,
  ): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const content = pending.content as HostPending | undefined
      if (content?.store !== "host" || content.layout !== this.layout.key)
        return Effect.fail(refuseRows("foreign", "These pending rows were made for another store."))
      const failure = checkPlaces(at, from.length, this.capacity) ?? this.#checkPending(content, from)
      if (failure !== undefined) return Effect.fail(failure)
      for (const part of this.#parts) {
        const { data, dims } = content.outputs[part.output] as Tensor<"float32">
        relay(data, dims[1]!, part.offset, from, part.memory, this.capacity, at, part)
      }
      return Effect.void
    })

  readonly keep = (from: ArrayLike<number>): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkRows(from, this.capacity, true)
      if (failure !== undefined) return Effect.fail(failure)
      // Ascending rows only move down, so each is read before its place is overwritten.
      for (const part of this.#parts)
        relay(part.memory, this.capacity, 0, from, part.memory, this.capacity, 0, part)
      return Effect.void
    })

  readonly read = (
    rows: ArrayLike<number>,
  ): Effect.Effect<Readonly<Record<string, Float32Array>>, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkRows(rows, this.capacity, false)
      if (failure !== undefined) return Effect.fail(failure)
      const result: Record<string, Float32Array> = {}
      for (const part of this.#parts) {
        const out = new Float32Array(part.blocks * rows.length * part.width)
        relay(part.memory, this.capacity, 0, rows, out, rows.length, 0, part)
        result[part.name] = out
      }
      return Effect.succeed(result)
    })

  readonly load = (
    parts: Readonly<Record<string, Float32Array>>,
    count: number,
    at: number,
  ): Effect.Effect<void, DeviceError> =>
    Effect.suspend(() => {
      const failure = checkPlaces(at, count, this.capacity) ?? checkParts(this.layout, parts, count)
      if (failure !== undefined) return Effect.fail(failure)
      for (const part of this.#parts)
        for (let block = 0; block < part.blocks; block++)
          copyFloats(
            parts[part.name]!,
            block * count * part.width,
            part.memory,
            (block * this.capacity + at) * part.width,
            count * part.width,
          )
      return Effect.void
    })

  readonly clone = (rows: number): Effect.Effect<DeviceRows, DeviceError, Scope> =>
    Effect.suspend(() => {
      const failure = checkPlaces(0, rows, this.capacity)
      if (failure !== undefined) return Effect.fail(failure)
      const places = Int32Array.from({ length: rows }, (_, i) => i)
      return makeHostRows(this.layout, this.#step).pipe(
        Effect.tap((copy) => copy.reserve(rows)),
        Effect.tap((copy) => Effect.flatMap(this.read(places), (parts) => copy.load(parts, rows, 0))),
      )
    })

  /** Drop the memory; what is read or written afterwards is out of range. */
  release(): void {
    this.capacity = 0
    this.#parts = this.#parts.map((part) => ({ ...part, memory: new Float32Array(0) }))
    this.#renewFeeds()
  }

  #grow(capacity: number): Effect.Effect<void, DeviceError> {
    try {
      const grown = this.#parts.map((part) => resizePart(part, this.capacity, capacity, this.#expected))
      this.#parts = grown
      this.capacity = capacity
      this.#renewFeeds()
      return Effect.void
    } catch (cause) {
      // Typed arrays refuse lengths beyond the engine's limit or the memory there is with a RangeError.
      return Effect.fail(
        new DeviceError({
          code: "device.out-of-memory",
          message: `There is no memory for ${capacity} rows of this cache.`,
          advice: "Shorten the context, or close other sequences.",
          fault: "environment",
          cause,
        }),
      )
    }
  }

  #renewFeeds(): void {
    const feeds: Record<string, Tensor<"float32">> = {}
    for (const part of this.#parts) {
      const length = part.blocks * this.capacity * part.width
      feeds[part.input] = {
        type: "float32",
        dims: [part.blocks, this.capacity, part.width],
        data: part.memory.subarray(0, length),
      }
    }
    this.#feeds = feeds
  }

  #checkPending({ outputs }: HostPending, from: ArrayLike<number>): DeviceError | undefined {
    for (const part of this.#parts) {
      const output = outputs[part.output]
      if (output !== undefined && "read" in output)
        return refuseRows("shape", `Output "${part.output}" is not in ordinary memory.`)
      const failure = checkPending(part, output, from)
      if (failure !== undefined) return failure
    }
    return undefined
  }
}

/**
 * Rows in ordinary memory, for the interpreter and for runtimes that take JavaScript arrays as inputs.
 * `feeds()` gives the same tensor objects until the capacity changes, so wrappers can be kept by identity.
 * Places never written hold zeros or rows of before: mask them.
 */
export const makeHostRows = (
  layout: RowLayout,
  step: number,
): Effect.Effect<DeviceRows, DeviceError, Scope> =>
  Effect.suspend(() => {
    const failure = checkLayout(layout, step)
    return failure === undefined
      ? Effect.acquireRelease(
          Effect.sync(() => new HostRows(layout, step)),
          (rows) => Effect.sync(() => rows.release()),
        )
      : Effect.fail(failure)
  })
