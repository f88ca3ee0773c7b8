import assert from "node:assert/strict"
import {
  type Cache,
  type CacheError,
  type CacheFactory,
  type DeviceError,
  type PendingRows,
  rowCount,
  type RowLayout,
  type Rows,
} from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { integer, stream } from "../_hash.ts"
import { concatRows, noRows, range, selectRows } from "../_rows.ts"
import { memoryStore } from "../models/memory-store.ts"

/** Two layers of two families with different shapes, so that mixed-up blocks, widths and layers show. */
export const testLayout: RowLayout = {
  key: "cache-suite",
  parts: [
    { name: "key.0", family: "key", layer: 0, blocks: 2, width: 3 },
    { name: "key.1", family: "key", layer: 1, blocks: 2, width: 3 },
    { name: "value.0", family: "value", layer: 0, blocks: 1, width: 4 },
    { name: "value.1", family: "value", layer: 1, blocks: 3, width: 1 },
  ],
}

const vectorWidth = 2

/** Rows staged and not yet committed. */
export const pendingCount = ({ pending }: Cache): number =>
  pending === undefined ? 0 : rowCount(pending.inputs)

/** Rows as a forward would stage them: tokens, vectors and labels mixed, floats that occur once. */
export const pendingRows = (seed: number, count: number): PendingRows => {
  const next = stream(seed)
  const tokens = Int32Array.from({ length: count }, () => integer(next, 50) - 1)
  const vectors = tokens.filter((token) => token < 0).length * vectorWidth
  return {
    inputs: {
      tokens,
      positions: Int32Array.from({ length: count }, () => integer(next, 1000)),
      labels: Int32Array.from({ length: count }, () => integer(next, 3)),
      ...(vectors === 0 ? {} : { vectors: Float32Array.from({ length: vectors }, next) }),
    },
    content: Object.fromEntries(
      testLayout.parts.map(({ name, blocks, width }) => [
        name,
        Float32Array.from({ length: blocks * count * width }, next),
      ]),
    ),
  }
}

/** The floats of one row by part name. */
type RowFloats = Readonly<Record<string, readonly number[]>>

const rowFloats = (parts: Readonly<Record<string, Float32Array>>, rows: number): readonly RowFloats[] =>
  Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      testLayout.parts.map(({ name, blocks, width }) => [
        name,
        Array.from({ length: blocks }, (__, block) =>
          Array.from(parts[name]!.subarray((block * rows + row) * width, (block * rows + row + 1) * width)),
        ).flat(),
      ]),
    ),
  )

/** What a cache should hold, kept the plainest way. */
export interface Reference {
  readonly inputs: Rows
  readonly floats: readonly RowFloats[]
}

export const nothing: Reference = { inputs: noRows, floats: [] }

/** The reference after committing `rows` of what is pending. */
export const committed = (to: Reference, pending: PendingRows, rows: ArrayLike<number>): Reference => {
  const floats = rowFloats(
    pending.content as Readonly<Record<string, Float32Array>>,
    rowCount(pending.inputs),
  )
  return {
    inputs: concatRows(to.inputs, selectRows(pending.inputs, rows)),
    floats: [...to.floats, ...Array.from(rows, (row) => floats[row]!)],
  }
}

/** The reference with only `rows` left. */
export const retained = (from: Reference, rows: ArrayLike<number>): Reference => ({
  inputs: selectRows(from.inputs, rows),
  floats: Array.from(rows, (row) => from.floats[row]!),
})

const plain = (rows: Rows) => ({
  tokens: [...rows.tokens],
  positions: [...rows.positions],
  labels: [...(rows.labels ?? new Int32Array(rowCount(rows)))],
  vectors: [...(rows.vectors ?? [])],
})

/** Asserts that a cache holds exactly what the reference does. */
export const assertHolds = (
  cache: Cache,
  reference: Reference,
  when: string,
): Effect.Effect<void, CacheError | DeviceError> =>
  Effect.gen(function* () {
    const count = reference.floats.length
    assert.equal(cache.length, count, `${when}: another length`)
    assert.deepEqual(plain(cache.inputs), plain(reference.inputs), `${when}: other inputs`)
    const block = yield* cache.export(range(count))
    assert.equal(block.layout, testLayout.key, `${when}: another layout`)
    assert.deepEqual(plain(block.inputs), plain(reference.inputs), `${when}: other exported inputs`)
    assert.deepEqual(rowFloats(block.parts, count), reference.floats, `${when}: other rows`)
  })

/** A cache over a fresh store in memory. */
export const freshCache = (factory: CacheFactory): Effect.Effect<Cache, CacheError | DeviceError, Scope> =>
  Effect.flatMap(memoryStore(testLayout), factory.make)

/** Stages rows and commits some of them, in the cache and in the reference. */
export const fill = (
  cache: Cache,
  reference: Reference,
  seed: number,
  count: number,
  rows: ArrayLike<number> = range(count),
): Effect.Effect<Reference, CacheError | DeviceError> =>
  Effect.gen(function* () {
    const pending = pendingRows(seed, count)
    cache.stage(pending)
    yield* cache.commit(rows)
    return committed(reference, pending, rows)
  })
