import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { TrainingError, packTokens, permutation, readTexts, shuffledPlaces, tokenWindows } from "./mod.ts"

test("every epoch of a shuffled stream has every example once, in an order of its own", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (size, seed) => {
      const at = shuffledPlaces(size, seed)
      for (const epoch of [0, 1]) {
        const found = Array.from({ length: size }, (_, i) => at(epoch * size + i))
        assert.deepEqual(
          found.toSorted((a, b) => a - b),
          Array.from({ length: size }, (_, i) => i),
        )
        assert.deepEqual(found, [...permutation(size, seed, epoch)])
      }
    }),
    { numRuns: 50 },
  )
  assert.notDeepEqual(permutation(50, 1, 0), permutation(50, 1, 1))
  assert.notDeepEqual(permutation(50, 1, 0), permutation(50, 2, 0))
})

test("what stands at a place does not depend on what was asked before", () => {
  const [one, two] = [shuffledPlaces(10, 3), shuffledPlaces(10, 3)]
  const forwards = Array.from({ length: 30 }, (_, i) => one(i))
  const backwards = Array.from({ length: 30 }, (_, i) => two(29 - i)).reverse()
  assert.deepEqual(forwards, backwards)
})

test("orders are spread evenly: each example is first equally often", () => {
  const counts = new Array<number>(4).fill(0)
  for (let seed = 0; seed < 400; seed++) counts[permutation(4, seed, 0)[0]!]!++
  for (const count of counts) assert.ok(count > 60 && count < 140, counts.join(" "))
})

test("windows cover the stream without a gap, each token with its successor", () => {
  const stream = packTokens([[1, 2, 3], [4, 5], [], [6, 7, 8]], 0)
  assert.deepEqual([...stream], [1, 2, 3, 0, 4, 5, 0, 0, 6, 7, 8, 0])
  const { count, window } = tokenWindows(stream, 3)
  assert.equal(count, 3)
  const all = Array.from({ length: count }, (_, i) => window(i))
  assert.deepEqual(
    all.flatMap(({ tokens }) => [...tokens]),
    [...stream.subarray(0, 9)],
  )
  assert.deepEqual(
    all.flatMap(({ targets }) => [...targets]),
    [...stream.subarray(1, 10)],
  )
  assert.throws(() => tokenWindows(stream.subarray(0, 3), 3), { code: "training.too-little-data" })
})

test("texts are read from files of text and JSON Lines; what is neither is refused with its line", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "parade-texts-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const read = (path: string): Promise<readonly string[]> => Effect.runPromise(readTexts(path))
  assert.deepEqual(await read(file("a.txt", "Zwölf\nBoxer")), ["Zwölf\nBoxer"])
  assert.deepEqual(await read(file("a.jsonl", '{"text":"one"}\n\n{"text":"two"}\n')), ["one", "two"])
  const answers = await Effect.runPromise(
    readTexts(file("b.jsonl", '{"q":"1+1","a":"2"}'), ({ q, a }) => `${String(q)}=${String(a)}`),
  )
  assert.deepEqual(answers, ["1+1=2"])
  await assert.rejects(read(join(folder, "missing.txt")), /no such file to train on/)
  for (const [path, code, place] of [
    [join(folder, "missing.txt"), "training.unreadable-data", /missing\.txt$/],
    [file("empty.txt", ""), "training.no-data", /empty\.txt$/],
    [file("bytes.txt", Uint8Array.of(0xff, 0xfe, 0x41)), "training.not-text", /bytes\.txt$/],
    [file("c.jsonl", '{"text":"one"}\n{"text":'), "training.not-text", /c\.jsonl:2$/],
    [file("d.jsonl", '{"text":"one"}\n{"body":"two"}'), "training.not-text", /d\.jsonl:2$/],
    [file("e.jsonl", "[1]"), "training.not-text", /e\.jsonl:1$/],
  ] as const)
    await assert.rejects(
      read(path),
      (error) =>
        error instanceof TrainingError &&
        error.code === code &&
        place.test(error.path ?? "") &&
        error.advice !== undefined,
    )
})
