import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { type DraftHead, draftHeadTensors, readDraftHead, type TokenTensor } from "./mod.ts"

interface Floats {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Reads back what was written; a tensor of another shape is a failure. */
const sourceOf = ([rows, tokens]: readonly [Floats, TokenTensor]) => ({
  floats: (name: string, shape: readonly number[]): Effect.Effect<Float32Array, string> => {
    const found = [rows, tokens].find((tensor) => tensor.name === name)
    if (found === undefined || String(found.shape) !== String(shape))
      return Effect.fail(`no ${name} ${shape}`)
    if ("values" in found) return Effect.succeed(found.values)
    const { buffer, byteOffset, byteLength } = found.bytes()
    return Effect.succeed(Float32Array.from(new Int32Array(buffer, byteOffset, byteLength / 4)))
  },
  damaged: (message: string) => message,
})

const written = (head: DraftHead) =>
  draftHeadTensors(head, (name, shape, values): Floats => ({ name, shape, values }))

test("a draft head is read as it was written", async () => {
  const all = Int32Array.of(9, 7, 1, 30000)
  const head = { tokens: all.subarray(1), rows: Float32Array.of(1, 2, 3, 4, 5, 6) }
  const read = await Effect.runPromise(readDraftHead(sourceOf(written(head)), 3, 2))
  assert.deepEqual(read, { tokens: Int32Array.of(7, 1, 30000), rows: head.rows })
  const failed = Effect.flip(readDraftHead(sourceOf(written(head)), 3, 4))
  assert.equal(await Effect.runPromise(failed), "no draft.rows 3,4")
})

test("draft ids that are no tokens, or one token twice, are damage", async () => {
  for (const [tokens, said] of [
    [[1, -2], "draft.tokens has -2, which is no token."],
    [[0.5, 1], "draft.tokens has 0.5, which is no token."],
    [[1, 2 ** 40], "draft.tokens has 1099511627776, which is no token."],
    [[4, 4], "draft.tokens has 4 twice."],
  ] as const) {
    const rows = new Float32Array(4)
    const floats = (name: string) =>
      Effect.succeed(name === "draft.tokens" ? Float32Array.from(tokens) : rows)
    const failed = Effect.flip(readDraftHead({ floats, damaged: (message: string) => message }, 2, 2))
    assert.equal(await Effect.runPromise(failed), said)
  }
})
