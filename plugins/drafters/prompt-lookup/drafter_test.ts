import assert from "node:assert/strict"
import { test } from "node:test"
import { type DraftTree, uniform } from "@parade/core"
import { tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { lookup, promptLookup, PromptLookupConfig } from "./mod.ts"
import { propose } from "./propose.ts"

const budget = { nodes: 16, depth: 16, rows: 64 }
const target = tableModel({ vocabularySize: 64, order: 1, seed: 0 })

/** The rounds that a text takes where the first branch of every draft is verified. */
const rounds = async (
  prompt: readonly number[],
  output: readonly number[],
  settings: object,
  see: (tree: DraftTree, tokens: Int32Array) => void = () => {},
): Promise<number> => {
  const all = Int32Array.from([...prompt, ...output])
  let length = prompt.length
  const history = {
    promptLength: length,
    get tokens(): Int32Array {
      return all.subarray(0, length)
    },
  }
  const context = { target, history } as unknown as Parameters<ReturnType<typeof promptLookup>["open"]>[0]
  const drafter = promptLookup(Schema.decodeUnknownSync(PromptLookupConfig)(settings))
  const draft = await Effect.runPromise(Effect.scoped(drafter.open(context)))
  let count = 0
  for (; length < all.length; count++) {
    const tree = await Effect.runPromise(draft.plan(budget))
    see(tree, history.tokens)
    let accepted = 0
    while (accepted < tree.tokens.length && tree.tokens[accepted] === all[length + accepted]) accepted++
    length = Math.min(all.length, length + accepted + 1)
  }
  return count
}

/** A text of few different tokens, and a copy with a token replaced, put in or left out every ten or so. */
const edited = (seed: number): { readonly source: readonly number[]; readonly copy: readonly number[] } => {
  // Of every token: which it is, whether it is edited, how, and by what.
  const draw = (index: number, which: number, below: number): number =>
    Math.floor(uniform(seed, "noise", index, which) * below)
  const source = Array.from({ length: 120 }, (_, i) => draw(i, 0, 30))
  const copy = source.flatMap((token, i) => {
    if (draw(i, 1, 10) > 0) return [token]
    const kind = draw(i, 2, 3)
    const fresh = 30 + draw(i, 3, 30)
    return kind === 0 ? [fresh] : kind === 1 ? [fresh, token] : []
  })
  return { source, copy }
}

test("An edited copy takes fewer rounds where the place in the source is kept.", async () => {
  let [kept, lost] = [0, 0]
  for (let seed = 0; seed < 20; seed++) {
    const { source, copy } = edited(seed)
    kept += await rounds(source, copy, { draftLength: 10 })
    lost += await rounds(source, copy, { draftLength: 10, edits: false })
  }
  assert.ok(kept < 0.8 * lost, `${kept} rounds and ${lost}`)
})

test("A true copy takes no more rounds than by n-grams alone.", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const { source } = edited(seed)
    const [kept, lost] = [await rounds(source, source, {}), await rounds(source, source, { edits: false })]
    assert.ok(kept <= lost, `${kept} rounds and ${lost}`)
  }
})

test("Without edits it is the published lookup.", async () => {
  const { source, copy } = edited(1)
  const { matches } = lookup({ minNgram: 1, maxNgram: 3, match: "earliest" })
  const options = { draftLength: 10, branches: 1, overlap: true, isEnd: () => false }
  await rounds(source, copy, { edits: false, draftLength: 10 }, (tree, tokens) =>
    assert.deepEqual(tree, propose(tokens, matches(tokens, 1), budget, options)),
  )
})
