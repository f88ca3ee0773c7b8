import assert from "node:assert/strict"
import { test } from "node:test"
import { causal } from "@parade/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { TinyModel } from "./_tiny-model.ts"
import { referenceDevice } from "./mod.ts"

const sizes = { layers: 2, width: 16, vocabulary: 23, kvHeads: 2, groups: 2 }

const withModels = (use: (one: TinyModel, other: TinyModel) => void): void =>
  Effect.runSync(
    Effect.scoped(
      Effect.gen(function* () {
        // Different steps: the two caches have different numbers of spare places.
        use(
          yield* TinyModel.make(sizes, referenceDevice, 3),
          yield* TinyModel.make(sizes, referenceDevice, 8),
        )
      }),
    ),
  )

const token = fc.nat(sizes.vocabulary - 1)
const tokens = (least: number): fc.Arbitrary<number[]> => fc.array(token, { minLength: least, maxLength: 9 })
const count = (length: number, from: number): number[] => Array.from({ length }, (_, i) => from + i)

test("several rows at once are bit for bit the rows one at a time", () => {
  withModels((all, single) =>
    fc.assert(
      fc.property(tokens(0), tokens(1), (prompt, next) => {
        all.reset()
        single.reset()
        if (prompt.length > 0) {
          all.forward(prompt, count(prompt.length, 0), causal(prompt.length))
          all.commit(count(prompt.length, 0))
        }
        const wide = all.forward(next, count(next.length, prompt.length), causal(next.length))
        const narrow: Float32Array[] = []
        for (const id of [...prompt, ...next]) {
          narrow.push(single.forward([id], [single.length], causal(1))[0]!)
          single.commit([0])
        }
        assert.deepEqual(wide, narrow.slice(prompt.length))
      }),
      { numRuns: 60 },
    ),
  )
})

/** A random tree: `parents[i] < i`, -1 for the root rows. */
const trees = fc.array(fc.tuple(token, fc.nat(1000)), { minLength: 1, maxLength: 10 }).map((nodes) => ({
  tokens: nodes.map(([id]) => id),
  parents: nodes.map(([, choice], i) => (choice % (i + 1)) - 1),
}))

test("every row of a tree is bit for bit the end of its path alone, and so is the cache after compaction", () => {
  withModels((whole, alone) =>
    fc.assert(
      fc.property(tokens(1), trees, token, (prompt, tree, last) => {
        const depths: number[] = []
        for (const parent of tree.parents) depths.push(parent < 0 ? 0 : depths[parent]! + 1)
        const pathTo = (row: number): number[] => (row < 0 ? [] : [...pathTo(tree.parents[row]!), row])
        const prepare = (model: TinyModel): void => {
          model.reset()
          model.forward(prompt, count(prompt.length, 0), causal(prompt.length))
          model.commit(count(prompt.length, 0))
        }
        prepare(whole)
        const positions = depths.map((depth) => prompt.length + depth)
        const logits = whole.forward(tree.tokens, positions, { rule: "tree", parents: tree.parents })
        let path: number[] = []
        for (let row = 0; row < tree.tokens.length; row++) {
          prepare(alone)
          path = pathTo(row)
          let end: Float32Array[] = []
          for (const step of path) {
            end = alone.forward([tree.tokens[step]!], [alone.length], causal(1))
            alone.commit([0])
          }
          assert.deepEqual(logits[row], end[0])
        }
        whole.commit(path)
        assert.deepEqual(
          whole.forward([last], [whole.length], causal(1)),
          alone.forward([last], [alone.length], causal(1)),
        )
      }),
      { numRuns: 40 },
    ),
  )
})
