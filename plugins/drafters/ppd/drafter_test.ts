import assert from "node:assert/strict"
import { test } from "node:test"
import { firstRows, largest, tokenRows } from "@parade/core"
import { treeLevels } from "@parade/drafting"
import { greedySampler } from "@parade/test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { assertLossless, decodedBy, prompt, replaying, watched } from "../_drafter-testing.ts"
import { caches, randomPrompts, tinyLlama, width } from "./_testing.ts"
import { ppd } from "./mod.ts"

const decoded = decodedBy(tinyLlama)

test("whatever the prompt tokens are, the text is that of plain decoding, token for token", () =>
  assertLossless(
    tinyLlama,
    fc.record({ m: fc.integer({ min: 1, max: 4 }), deviation: fc.constantFrom(0, 0.3, 30) }),
    async (seed, { m, deviation }) => ({ drafter: ppd(randomPrompts(seed, m, deviation), 40), levels: m }),
    25,
  ))

test("a round proposes what the prompt tokens of the last accepted node guessed, as many levels as it had of them", async () => {
  let proposals = 0
  for (const seed of [1, 2, 3, 4]) {
    const { drafter, plans } = watched(ppd(randomPrompts(seed, 3, 1), 24))
    await decoded(seed, drafter, greedySampler, { maxTokens: 30, adaptive: false })
    for (const { plan, before } of plans) {
      if (before === undefined) {
        // Nothing has been asked yet.
        assert.equal(plan.tokens.length, 0)
        continue
      }
      const { tree, verdict, readings } = before
      const logits = readings.auxiliary["logits"]!
      const guesses: number[][] = []
      for (let row = 0, parent = verdict.accepted.at(-1) ?? -1; row < logits.count; row++)
        if (tree.auxiliary!.parents[row] === parent) {
          guesses.push([...largest(logits.row(row), 6)])
          parent = tree.tokens.length + row
        }
      for (const [node, level] of treeLevels(plan).entries()) {
        assert.ok(level <= guesses.length, `level ${level} of a state of ${guesses.length}`)
        assert.ok(guesses[level - 1]!.includes(plan.tokens[node]!), `level ${level} proposes no guess`)
        proposals++
      }
    }
  }
  assert.ok(proposals > 100, `${proposals} proposals`)
})

test("every node and the newest token carry prompt tokens, one behind the other", async () => {
  const { drafter, plans } = watched(ppd(randomPrompts(5, 3, 1), 24))
  await decoded(5, drafter, greedySampler, { maxTokens: 24, adaptive: false })
  // Short of the end, where there is no room for all.
  for (const { plan } of plans.slice(0, -4)) {
    const { tokens, auxiliary } = plan
    const parents = Array.from(auxiliary!.parents)
    for (let node = -1; node < tokens.length; node++) {
      let count = 0
      for (let at = node, row = parents.indexOf(at); row >= 0; row = parents.indexOf(at)) {
        count++
        at = tokens.length + row
      }
      assert.ok(count >= 1 && count <= 3)
    }
  }
})

test("rows of the text do not depend on the prompt tokens beside them, nor on there being any", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(9)
        const logitsBeside = (deviation: number | undefined) =>
          Effect.scoped(
            Effect.gen(function* () {
              const cache = yield* caches.make(yield* model.makeStore)
              yield* model.forward(tokenRows(prompt, 0), { cache, outputs: [], phase: "prefill" })
              yield* cache.commit(firstRows(prompt.length))
              const nodes = [9, 2, 6]
              const parents = [-1, 0, 0, 0, 3, 1, 5]
              const positions = [5, 6, 6, 6, 7, 7, 8]
              const count = deviation === undefined ? nodes.length : parents.length
              const vectors = new Float32Array(4 * width)
              for (let i = 0; i < 4; i++)
                vectors.set(randomPrompts(i, 1, deviation ?? 0).vectors[0]!, i * width)
              const rows = {
                tokens: Int32Array.from({ length: count }, (_, i) => nodes[i] ?? -1),
                positions: Int32Array.from(positions.slice(0, count)),
                ...(deviation === undefined ? {} : { vectors }),
              }
              const { logits } = yield* model.forward(rows, {
                cache,
                visibility: { rule: "tree", parents: parents.slice(0, count) },
                outputs: [{ name: "logits", rows: [0, 1, 2] }],
                phase: "step",
              })
              return logits!.data.slice(0, 3 * model.info.vocabularySize)
            }),
          )
        const alone = yield* logitsBeside(undefined)
        for (const deviation of [0, 1, 100]) {
          const beside = yield* logitsBeside(deviation)
          for (const [i, value] of alone.entries()) assert.ok(Math.abs(value - beside[i]!) <= 1e-5)
        }
      }),
    ),
  )
})

test("what is committed is what a fresh forward of the text would have left, and no prompt token is", async () => {
  let commits = 0
  const drafter = ppd(randomPrompts(3, 3, 1), 24)
  const cacheFor = replaying(() => commits++)
  const { stats } = await decoded(3, drafter, greedySampler, { maxTokens: 20, adaptive: false }, cacheFor)
  assert.ok(commits >= stats.rounds)
})
