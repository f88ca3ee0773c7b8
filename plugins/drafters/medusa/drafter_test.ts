import assert from "node:assert/strict"
import { test } from "node:test"
import { type DraftTree, largest, makeHistory, type Model, type Outputs, tokenRows } from "@parade/core"
import { type Drafter, noReadings, roundCost } from "@parade/drafting"
import { referenceDevice } from "@parade/graph"
import { greedySampler } from "@parade/test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { assertLossless, prompt } from "../_drafter-testing.ts"
import { caches, randomHeads, tinyLlama, width } from "./_testing.ts"
import { medusa } from "./mod.ts"

interface Form {
  readonly tokens: readonly number[] | undefined
  readonly whole: boolean
  readonly tree: "confident" | "fixed"
}

const drafterOf = (
  seed: number,
  count: number,
  deviation: number,
  { tokens, whole, tree }: Form,
): Promise<Drafter> =>
  Effect.runPromise(
    Effect.scoped(
      medusa(randomHeads(seed, count, deviation, tokens, whole), referenceDevice, { nodes: 24, tree }),
    ),
  )

test("whatever the heads say, the text is that of plain decoding, token for token", () =>
  assertLossless(
    tinyLlama,
    fc.record({
      heads: fc.integer({ min: 1, max: 5 }),
      deviation: fc.constantFrom(0, 0.1, 3),
      tree: fc.constantFrom("confident", "fixed"),
      whole: fc.boolean(),
      tokens: fc.option(fc.uniqueArray(fc.nat(23), { minLength: 6 }), { nil: undefined }),
    }),
    async (seed, { heads, deviation, ...form }) => ({
      drafter: await drafterOf(seed, heads, deviation, form),
      levels: heads,
    }),
    25,
  ))

/** What a model says after the prompt: the logits of the newest token, and the state that they are of. */
const afterPrompt = (model: Model) =>
  Effect.gen(function* () {
    const cache = yield* caches.make(yield* model.makeStore)
    const last = [prompt.length - 1]
    const outputs = ["logits", "hidden.final"].map((name) => ({ name, rows: last }))
    const read = yield* model.forward(tokenRows(prompt, 0), { cache, outputs, phase: "prefill" })
    const hidden = read["hidden.final"]!
    const row = hidden.row(0).slice()
    return {
      logits: read["logits"]!.row(0).slice(),
      newest: { "hidden.final": { ...hidden, data: row, row: () => row } },
    }
  })

/** A draft behind the prompt and one token more. */
const opened = (drafter: Drafter, target: Model, newest: Outputs) =>
  drafter.open({
    target,
    cost: roundCost({ milliseconds: () => 1, source: "rows are free" }),
    history: makeHistory([...prompt, 9]),
    sampler: greedySampler,
    accepts: ["point"],
    seed: 0,
    prompt: { ...noReadings, newest },
  })

test("heads of zeros propose what the LM head ranks highest, on every level", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(7)
        const { logits, newest } = yield* afterPrompt(model)
        const best = [...largest(logits, 3)]
        const drafter = yield* medusa(randomHeads(0, 2, 0), referenceDevice, { nodes: 24, tree: "confident" })
        const draft = yield* opened(drafter, model, newest)
        const tree: DraftTree = yield* draft.plan({ nodes: 24, depth: 2, rows: 24 })
        const children = (parent: number): number[] =>
          Array.from(tree.tokens).filter((_, node) => tree.parents[node] === parent)
        assert.deepEqual(children(-1).slice(0, 3), best)
        assert.deepEqual(children(0).slice(0, 3), best)
      }),
    ),
  )
})

test("heads with a vocabulary of their own propose its tokens alone, by the LM head's order among them", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(7)
        const { logits, newest } = yield* afterPrompt(model)
        const identity = new Float32Array(width * width)
        for (let i = 0; i < width; i++) identity[i * width + i] = 1
        const columns = yield* model.head!(identity)
        const tokens = [20, 3, 17, 8, 11, 2, 14]
        const rows = Float32Array.from(
          tokens.flatMap((token) => Array.from({ length: width }, (_, i) => columns.row(i)[token]!)),
        )
        const heads = { ...randomHeads(0, 2, 0, tokens), draft: { tokens: Int32Array.from(tokens), rows } }
        const drafter = yield* medusa(heads, referenceDevice, { nodes: 24, tree: "confident" })
        assert.equal(drafter.uses?.head, false)
        // The model's own head is not needed.
        const draft = yield* opened(drafter, { ...model, head: undefined }, newest)
        const tree: DraftTree = yield* draft.plan({ nodes: 24, depth: 2, rows: 24 })
        const first = Array.from(tree.tokens).filter((_, node) => tree.parents[node] === -1)
        assert.deepEqual(first, tokens.toSorted((a, b) => logits[b]! - logits[a]!).slice(0, first.length))
        assert.ok(first.length > 2)
        // The first of them by its chance, at the temperature of the first head.
        const sum = tokens.reduce((total, token) => total + Math.exp(logits[token]! / 0.5), 0)
        assert.ok(Math.abs(tree.confidence![0]! - Math.exp(logits[first[0]!]! / 0.5) / sum) < 1e-5)
      }),
    ),
  )
})
