import assert from "node:assert/strict"
import { test } from "node:test"
import { tokenRows } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import { failureOf, forwardAll, newCache, open, run } from "./_testing.ts"

// Gemma scales its embeddings, GPT-2 adds positions to them.
for (const name of ["llama", "gemma2", "gpt2"])
  test(`${name}: a row of a token's embedding is that token, wherever it stands`, async (t) => {
    const folder = sharedOrSkip(t, "fixtures", "tiny-hf", name)
    if (folder === undefined) return
    const check = Effect.gen(function* () {
      const model = yield* open(folder, { takesVectors: true, outputs: ["hidden.1"] })
      const tokens = [5, 17, 250, 3, 3]
      const byTokens = yield* forwardAll(model, yield* newCache(model), tokenRows(tokens, 0))
      const vectors = yield* model.embed([17, 3])
      assert.equal(vectors.length, 2 * model.info.width)
      const mixed = { ...tokenRows([5, -1, 250, -1, 3], 0), vectors }
      const byVectors = yield* forwardAll(model, yield* newCache(model), mixed)
      for (const output of ["logits", "hidden.1"])
        assert.deepEqual(byVectors[output]!.data, byTokens[output]!.data)
    })
    await run(check)
  })

test("vectors are refused where nobody declared the need for them", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  const error = await failureOf(
    Effect.gen(function* () {
      const model = yield* open(folder)
      const rows = { ...tokenRows([-1], 0), vectors: yield* model.embed([7]) }
      return yield* forwardAll(model, yield* newCache(model), rows)
    }),
  )
  assert.equal(error.code, "model.vectors-not-granted")
})

test("the embedding of a token that is none is refused", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  const error = await failureOf(Effect.flatMap(open(folder), ({ embed }) => embed([1, 256])))
  assert.equal(error.code, "model.unknown-token")
})
