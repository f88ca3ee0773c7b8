import assert from "node:assert/strict"
import { test } from "node:test"
import type { DeviceError, PendingRows, RowLayout } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as fc from "fast-check"
import { makeHostRows } from "./host-rows.ts"
import type { DeviceRows, Feed } from "./device.ts"
import { tensor } from "./tensor.ts"

const layout: RowLayout = {
  key: "two-layers",
  parts: [
    { name: "key.0", family: "key", layer: 0, blocks: 2, width: 3 },
    { name: "value.0", family: "value", layer: 0, blocks: 2, width: 2 },
    { name: "key.1", family: "key", layer: 1, blocks: 1, width: 3 },
    { name: "value.1", family: "value", layer: 1, blocks: 2, width: 2 },
  ],
}

/** What a forward gives for `rows` new rows: every float says where it came from. */
const forward = (rows: number, stamp: number): Record<string, Feed> => {
  const family = (blocks: number, width: number, sign: number): Feed =>
    tensor(
      "float32",
      [blocks, rows, width],
      Float32Array.from({ length: blocks * rows * width }, (_, i) => sign * (stamp * 1000 + i)),
    )
  return { "new.key": family(3, 3, 1), "new.value": family(4, 2, -1) }
}

/** A store as lists of rows, each a flat list of floats `[blocks, width]` per part. */
class Naive {
  places: Record<string, number[]>[] = []

  row(outputs: Record<string, Feed>, row: number): Record<string, number[]> {
    const offsets: Record<string, number> = {}
    const result: Record<string, number[]> = {}
    for (const part of layout.parts) {
      const output = outputs[`new.${part.family}`]!
      const data = "read" in output ? [] : output.data
      const first = offsets[part.family] ?? 0
      offsets[part.family] = first + part.blocks
      const floats: number[] = []
      for (let block = first; block < first + part.blocks; block++)
        for (let i = 0; i < part.width; i++)
          floats.push(Number(data[(block * output.dims[1]! + row) * part.width + i]))
      result[part.name] = floats
    }
    return result
  }
}

const within = <A>(use: (rows: DeviceRows) => Effect.Effect<A, unknown, Scope>, step = 4): A =>
  Effect.runSync(Effect.scoped(Effect.flatMap(makeHostRows(layout, step), use)))

const pendingOf = (rows: DeviceRows, outputs: Record<string, Feed>): PendingRows => ({
  inputs: { tokens: new Int32Array(0), positions: new Int32Array(0) },
  content: rows.pending(outputs),
})

/** The content of the feeds, place by place, in the naive form. */
const placesOf = (rows: DeviceRows, count: number): Record<string, number[]>[] =>
  Array.from({ length: count }, (_, place) =>
    Object.fromEntries(
      layout.parts.map((part) => {
        const feed = rows.feeds()[`past.${part.name}`]!
        assert.deepEqual(feed.dims, [part.blocks, rows.capacity, part.width])
        const floats: number[] = []
        for (let block = 0; block < part.blocks; block++)
          for (let i = 0; i < part.width; i++)
            floats.push(
              Number("read" in feed ? NaN : feed.data[(block * rows.capacity + place) * part.width + i]),
            )
        return [part.name, floats]
      }),
    ),
  )

const operation = fc.oneof(
  fc.record({ kind: fc.constant("write"), picks: fc.array(fc.nat(5), { maxLength: 6 }), back: fc.nat(3) }),
  fc.record({ kind: fc.constant("keep"), mask: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }) }),
  fc.record({ kind: fc.constant("copy"), mask: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }) }),
  fc.record({ kind: fc.constant("clone"), share: fc.nat(100) }),
)

test("after any writes, compactions, exports and clones the store holds what a naive list holds", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 20 }), fc.integer({ min: 1, max: 7 }), (operations, step) =>
      within(
        (first) =>
          Effect.gen(function* () {
            let rows = first
            const naive = new Naive()
            for (const [stamp, op] of operations.entries()) {
              const length = naive.places.length
              if ("picks" in op) {
                const outputs = forward(6, stamp + 1)
                const at = Math.max(0, length - op.back)
                yield* rows.reserve(at + op.picks.length)
                yield* rows.write(pendingOf(rows, outputs), op.picks, at)
                const written = op.picks.map((row) => naive.row(outputs, row))
                naive.places.splice(at, written.length, ...written)
              } else if ("mask" in op) {
                const picks = naive.places.map((_, i) => i).filter((i) => op.mask[i % 40])
                if (op.kind === "keep") {
                  yield* rows.keep(picks)
                  naive.places = picks.map((i) => naive.places[i]!)
                } else {
                  const parts = yield* rows.read(picks.toReversed())
                  yield* rows.reserve(length + picks.length)
                  yield* rows.load(parts, picks.length, length)
                  naive.places.push(...picks.toReversed().map((i) => naive.places[i]!))
                }
              } else if (naive.places.length > 0) {
                naive.places.length = op.share % naive.places.length
                rows = (yield* rows.clone(naive.places.length)) as DeviceRows
              }
              assert.ok(rows.capacity % step === 0)
              assert.deepEqual(placesOf(rows, naive.places.length), naive.places)
            }
          }),
        step,
      ),
    ),
    { numRuns: 150 },
  )
})

test("feeds are the same objects until the capacity changes", () => {
  within((rows) =>
    Effect.gen(function* () {
      yield* rows.reserve(3)
      const before = rows.feeds()
      yield* rows.write(pendingOf(rows, forward(2, 1)), [1, 0], 2)
      yield* rows.reserve(4)
      assert.equal(rows.feeds()["past.key.0"], before["past.key.0"])
      yield* rows.reserve(5)
      assert.notEqual(rows.feeds()["past.key.0"], before["past.key.0"])
    }),
  )
})

test("memory is taken at once for the rows that are expected, places a step at a time", () => {
  within((rows) =>
    Effect.gen(function* () {
      rows.expect?.(40)
      yield* rows.reserve(1)
      const { bytes } = rows
      const floatsPerRow = layout.parts.reduce((sum, { blocks, width }) => sum + blocks * width, 0)
      assert.ok(bytes >= 40 * floatsPerRow * 4)
      assert.equal(rows.capacity, 4)
      yield* rows.reserve(40)
      assert.equal(rows.bytes, bytes)
      assert.equal(rows.capacity, 40)
    }),
  )
})

test("an expectation that is no number of rows changes nothing", () => {
  for (const rows of [Number.NaN, Infinity, -1, 2 ** 60])
    within((store) =>
      Effect.gen(function* () {
        store.expect?.(rows)
        yield* store.reserve(1)
        assert.equal(store.capacity, 4)
      }),
    )
})

const refusal = (attempt: (rows: DeviceRows) => Effect.Effect<unknown, DeviceError, Scope>): string =>
  within((rows) =>
    Effect.gen(function* () {
      yield* rows.reserve(4)
      return (yield* Effect.flip(attempt(rows))).code
    }),
  )

test("rows and places that do not exist are refused, and so are shapes of another layout", () => {
  const good = forward(2, 1)
  const write =
    (outputs: Record<string, Feed>, from: number[], at: number) =>
    (rows: DeviceRows): Effect.Effect<unknown, DeviceError> =>
      rows.write(pendingOf(rows, outputs), from, at)
  assert.equal(refusal(write(good, [0], 4)), "device.rows-out-of-range")
  assert.equal(refusal(write(good, [2], 0)), "device.rows-out-of-range")
  assert.equal(refusal(write(good, [-1], 0)), "device.rows-out-of-range")
  assert.equal(refusal(write(good, [0.5], 0)), "device.rows-out-of-range")
  assert.equal(refusal(write({ "new.key": good["new.key"]! }, [0], 0)), "device.rows-shape")
  assert.equal(
    refusal(write({ ...good, "new.value": tensor("float32", [4, 2, 1], new Float32Array(8)) }, [0], 0)),
    "device.rows-shape",
  )
  assert.equal(
    refusal((rows) =>
      rows.write(
        { inputs: { tokens: new Int32Array(), positions: new Int32Array() }, content: undefined },
        [],
        0,
      ),
    ),
    "device.rows-foreign",
  )
  assert.equal(
    refusal((rows) => rows.keep([1, 1])),
    "device.rows-order",
  )
  assert.equal(
    refusal((rows) => rows.keep([4])),
    "device.rows-out-of-range",
  )
  assert.equal(
    refusal((rows) => rows.read([4])),
    "device.rows-out-of-range",
  )
  assert.equal(
    refusal((rows) => rows.load({}, 1, 0)),
    "device.rows-shape",
  )
  assert.equal(
    refusal((rows) => rows.clone(5)),
    "device.rows-out-of-range",
  )
  assert.equal(
    refusal((rows) => rows.reserve(Number.NaN)),
    "device.rows-out-of-range",
  )
})

test("more memory than there can be is refused without changing the store", () => {
  within((rows) =>
    Effect.gen(function* () {
      yield* rows.reserve(4)
      const error = yield* Effect.flip(rows.reserve(2 ** 50))
      assert.equal(error.code, "device.out-of-memory")
      assert.equal(rows.capacity, 4)
    }),
  )
})
