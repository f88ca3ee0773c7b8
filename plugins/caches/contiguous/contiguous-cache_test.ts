import assert from "node:assert/strict"
import { test } from "node:test"
import { type Cache, type PendingRows, type RowLayout, type RowStore, type Rows } from "@parade/core"
import { memoryStore } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Scope } from "effect/Scope"
import * as fc from "fast-check"
import { contiguous, type ContiguousOptions } from "./mod.ts"

const layout: RowLayout = {
  key: "test",
  parts: [
    { name: "key.0", family: "key", layer: 0, blocks: 2, width: 3 },
    { name: "value.0", family: "value", layer: 0, blocks: 1, width: 2 },
  ],
}
const width = 3

/** A row as a list of rows would hold it; `id` tells its content apart. */
interface Row {
  readonly token: number
  readonly vector: readonly number[]
  readonly positions: readonly number[]
  readonly label: number
  readonly id: number
}

const toRows = (rows: readonly Row[]): Rows => {
  const vectors = rows.flatMap((row) => row.vector)
  return {
    tokens: Int32Array.from(rows, (row) => row.token),
    positions: Int32Array.from(rows.flatMap((row) => row.positions)),
    labels: Int32Array.from(rows, (row) => row.label),
    ...(vectors.length === 0 ? {} : { vectors: Float32Array.from(vectors) }),
  }
}

const content = (rows: readonly Row[]): Record<string, Float32Array> =>
  Object.fromEntries(
    layout.parts.map(({ name, blocks, width }) => {
      const floats: number[] = []
      for (let block = 0; block < blocks; block++)
        for (const { id } of rows) for (let i = 0; i < width; i++) floats.push(id * 100 + block * 10 + i)
      return [name, Float32Array.from(floats)]
    }),
  )

const pending = (rows: readonly Row[]): PendingRows => ({ inputs: toRows(rows), content: content(rows) })

const all = (count: number): number[] => [...new Array(count).keys()]

const check = (cache: Cache, rows: readonly Row[]): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    assert.equal(cache.length, rows.length)
    const expected = toRows(rows)
    assert.deepEqual(cache.inputs.tokens, expected.tokens)
    assert.deepEqual(cache.inputs.positions, expected.positions)
    assert.deepEqual(cache.inputs.labels, expected.labels)
    assert.deepEqual(cache.inputs.vectors, expected.vectors)
    assert.deepEqual(yield* cache.store.read(all(rows.length)), content(rows))
  })

const run = <A>(effect: Effect.Effect<A, unknown, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const open = (options?: ContiguousOptions): Effect.Effect<Cache, unknown, Scope> =>
  Effect.flatMap(memoryStore(layout), contiguous(options).make)

const code = (effect: Effect.Effect<unknown, unknown, Scope>): Promise<unknown> =>
  run(Effect.map(Effect.flip(effect), (error) => (error as { code?: string }).code))

const row = fc.record({ isVector: fc.boolean(), token: fc.nat(9), label: fc.nat(2), at: fc.nat(50) })
const choice = fc.array(fc.boolean(), { maxLength: 12 })
const step = fc.oneof(
  fc.record({ kind: fc.constant("commit" as const), rows: fc.array(row, { maxLength: 8 }), choice }),
  fc.record({ kind: fc.constant("retain" as const), choice, rest: fc.boolean() }),
  fc.record({ kind: fc.constant("copy" as const), choice }),
  fc.record({ kind: fc.constant("fork" as const) }),
)

test("after any commits, choices, copies and forks a cache holds what a list would", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), (steps) =>
      run(
        Effect.gen(function* () {
          let cache = yield* open()
          let list: Row[] = []
          let ids = 0
          for (const action of steps) {
            if (action.kind === "commit") {
              const staged = action.rows.map(({ isVector, token, label, at }): Row => {
                const id = ids++
                const vector = isVector ? all(width).map((i) => id + i / 8) : []
                return { token: isVector ? -1 : token, vector, positions: [at, id], label, id }
              })
              // An earlier set that nobody commits is dropped.
              cache.stage(pending([...staged, ...staged]))
              cache.stage(pending(staged))
              assert.equal(pendingCount(cache), staged.length)
              const kept = all(staged.length).filter((i) => action.choice[i] === true)
              yield* cache.commit(kept)
              assert.equal(pendingCount(cache), 0)
              list.push(...kept.map((i) => staged[i]!))
            } else if (action.kind === "retain") {
              const kept = all(list.length).filter((i) => action.choice[i] ?? action.rest)
              yield* cache.retain(kept)
              list = kept.map((i) => list[i]!)
            } else if (action.kind === "copy") {
              const chosen = all(list.length).filter((i) => action.choice[i] === true)
              const block = yield* cache.export(chosen)
              yield* cache.import(block)
              list.push(...chosen.map((i) => list[i]!))
            } else {
              const before = cache
              cache = yield* before.fork
              yield* before.retain([])
            }
            yield* check(cache, list)
          }
        }),
      ),
    ),
    { numRuns: 60 },
  )
})

const pendingCount = ({ pending: staged }: Cache): number => staged?.inputs.tokens.length ?? 0

const rows = (count: number): readonly Row[] =>
  all(count).map((id) => ({ token: id, vector: [], positions: [id, 0], label: 0, id }))

const committed = (count: number, options?: ContiguousOptions): Effect.Effect<Cache, unknown, Scope> =>
  Effect.gen(function* () {
    const cache = yield* open(options)
    cache.stage(pending(rows(count)))
    yield* cache.commit(all(count))
    return cache
  })

test("rows that are not there, twice there or out of order are refused, and nothing changes", async () => {
  for (const [list, expected] of [
    [[4], "cache.row-out-of-range"],
    [[-1], "cache.row-out-of-range"],
    [[0.5], "cache.row-out-of-range"],
    [[NaN], "cache.row-out-of-range"],
    [[1, 0], "cache.rows-not-ascending"],
    [[1, 1], "cache.rows-not-ascending"],
  ] as const)
    await run(
      Effect.gen(function* () {
        const cache = yield* committed(4)
        cache.stage(pending(rows(4)))
        for (const attempt of [cache.commit(list), cache.retain(list), cache.export(list)])
          assert.equal(
            (yield* Effect.flip<unknown, unknown, never>(attempt) as Effect.Effect<{ code: string }>).code,
            expected,
          )
        assert.equal(pendingCount(cache), 4)
        yield* check(cache, rows(4))
      }),
    )
})

test("a commit without a forward is refused, also a second one", async () => {
  assert.equal(await code(Effect.flatMap(open(), (cache) => cache.commit([]))), "cache.nothing-pending")
  assert.equal(
    await code(Effect.flatMap(committed(2), (cache) => cache.commit([0]))),
    "cache.nothing-pending",
  )
})

test("choosing and importing rows drops what was pending, because it was computed over other rows", async () => {
  const pendingAfter = (change: (cache: Cache) => Effect.Effect<unknown, unknown>): Promise<number> =>
    run(
      Effect.gen(function* () {
        const cache = yield* committed(3)
        cache.stage(pending(rows(1)))
        yield* change(cache)
        return pendingCount(cache)
      }),
    )
  assert.equal(await pendingAfter((cache) => cache.retain([0, 2])), 0)
  assert.equal(await pendingAfter((cache) => Effect.flatMap(cache.export([1]), cache.import)), 0)
})

test("a limit of rows is kept exactly", async () => {
  const limited = Effect.flatMap(committed(3, { maxRows: 4 }), (cache) => {
    cache.stage(pending(rows(2)))
    return Effect.as(cache.commit([0]), cache)
  })
  assert.equal(await run(Effect.map(limited, (cache) => cache.length)), 4)
  assert.equal(
    await code(
      Effect.flatMap(limited, (cache) => {
        cache.stage(pending(rows(2)))
        return cache.commit([0])
      }),
    ),
    "cache.full",
  )
})

test("no more than a sixteenth of the room is empty, and room is made once in so many rows", async () => {
  const reserved = await run(
    Effect.gen(function* () {
      const sizes: number[] = []
      const store = yield* memoryStore(layout)
      let capacity = 0
      const exact: RowStore = {
        ...store,
        get capacity() {
          return capacity
        },
        reserve: (count) => {
          sizes.push((capacity = count))
          return store.reserve(count)
        },
      }
      const cache = yield* contiguous().make(exact)
      for (let i = 0; i < 1000; i++) {
        cache.stage(pending(rows(1)))
        yield* cache.commit([0])
        assert.ok(capacity <= Math.ceil((17 / 16) * cache.length))
      }
      return sizes
    }),
  )
  assert.ok(reserved.length < 16 * Math.log(1000))
})

test("a block of another layout, or with parts of a wrong size, is refused", async () => {
  const importing = (change: object): Promise<unknown> =>
    code(
      Effect.gen(function* () {
        const cache = yield* committed(3)
        yield* cache.import({ ...(yield* cache.export([0, 1])), ...change })
      }),
    )
  assert.equal(await importing({ layout: "other" }), "cache.layout-mismatch")
  assert.equal(await importing({ parts: {} }), "cache.malformed-block")
  assert.equal(await importing({ inputs: toRows(rows(1)) }), "cache.malformed-block")
  const narrow = { tokens: Int32Array.of(0, 1), positions: Int32Array.of(0, 1) }
  assert.equal(await importing({ inputs: narrow }), "cache.malformed-rows")
})

test("rows with positions, labels or vectors of a wrong size are refused", async () => {
  const good = toRows(rows(2))
  for (const change of [
    { positions: new Int32Array(3) },
    { labels: new Int32Array(1) },
    { vectors: new Float32Array(3) },
    { tokens: Int32Array.of(0, -1) },
    { tokens: Int32Array.of(-1, -1), vectors: new Float32Array(3) },
  ])
    assert.equal(
      await code(
        Effect.flatMap(open(), (cache) => {
          cache.stage({ inputs: { ...good, ...change }, content: content(rows(2)) })
          return cache.commit([0, 1])
        }),
      ),
      "cache.malformed-rows",
    )
})

test("rows that are being moved when an interruption comes are moved to the end", async () => {
  await run(
    Effect.gen(function* () {
      const store = yield* memoryStore(layout)
      const keep: RowStore["keep"] = (places) => Effect.delay(store.keep(places), 5)
      const cache = yield* contiguous().make(Object.create(store, { keep: { value: keep } }) as RowStore)
      cache.stage(pending(rows(5)))
      yield* cache.commit(all(5))
      const moving = yield* Effect.forkChild(cache.retain([0, 1, 3]))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(moving)
      const kept = [0, 1, 3].map((id) => rows(5)[id]!)
      yield* check(cache, kept)
    }),
  )
})
