import assert from "node:assert/strict"
import {
  bidirectional,
  tokenRows,
  type Visibility,
  visibilityMatrix,
  type VisibilityRule,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { integer, stream } from "../_hash.ts"
import { sameFloats } from "./_asserts.ts"
import type { ModelBench } from "./_model-bench.ts"
import type { Registrar } from "./test-function.ts"

const grants = ({ model }: ModelBench, rule: VisibilityRule, skip: (reason: string) => void): boolean => {
  const granted = model.info.visibility.includes(rule)
  if (!granted) skip(`${model.info.name} does not grant ${rule} visibility.`)
  return granted
}

/** A random tree: parents, and per row the rows from the first level to itself. */
const randomTree = (seed: number, size: number): { parents: Int32Array; paths: number[][] } => {
  const next = stream(seed)
  const parents = Int32Array.from({ length: size }, (_, i) => integer(next, i + 1) - 1)
  const paths: number[][] = []
  for (const [i, parent] of parents.entries()) paths.push([...(paths[parent] ?? []), i])
  return { parents, paths }
}

const treeRows = (tokens: readonly number[], paths: readonly number[][], start: number) => ({
  ...tokenRows(tokens, 0),
  positions: Int32Array.from(paths, (path) => start + path.length - 1),
})

/** A row sees what its rule says and nothing else. */
export const promiseModelVisibility = (promise: Registrar<ModelBench>): void => {
  promise("a causal row does not see the rows after it", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(20, 6)
      const rows = yield* bench.logits(yield* bench.cache, tokenRows(tokens, 0))
      for (const [i, row] of rows.entries())
        sameFloats(row, yield* bench.alone(tokens.slice(0, i + 1)), bench.tolerance, `row ${i}`)
    }),
  )

  promise("a row of a tree equals its path alone", (bench, skip) =>
    Effect.gen(function* () {
      if (!grants(bench, "tree", skip)) return
      for (let seed = 1; seed <= 4; seed++) {
        const prompt = bench.tokens(seed, 3)
        const tokens = bench.tokens(seed + 100, 8)
        const { parents, paths } = randomTree(seed, tokens.length)
        const cache = yield* bench.cache
        yield* bench.advance(cache, prompt)
        const rows = yield* bench.logits(cache, treeRows(tokens, paths, 3), { rule: "tree", parents })
        for (const [i, row] of rows.entries()) {
          const path = paths[i]!.map((node) => tokens[node]!)
          const alone = yield* bench.alone([...prompt, ...path])
          sameFloats(row, alone, bench.tolerance, `row ${i} of the tree ${parents.join()}`)
        }
      }
    }),
  )

  promise("a committed path of a tree is as if its siblings had never been", (bench, skip) =>
    Effect.gen(function* () {
      if (!grants(bench, "tree", skip)) return
      const prompt = bench.tokens(30, 2)
      const tokens = bench.tokens(31, 9)
      const { parents, paths } = randomTree(7, tokens.length)
      const path = paths.reduce((longest, one) => (one.length > longest.length ? one : longest))
      const cache = yield* bench.cache
      yield* bench.advance(cache, prompt)
      yield* bench.logits(cache, treeRows(tokens, paths, 2), { rule: "tree", parents })
      yield* cache.commit(path)
      const [next] = yield* bench.logits(cache, tokenRows([tokens[0]!], 2 + path.length))
      const text = [...prompt, ...path.map((node) => tokens[node]!), tokens[0]!]
      sameFloats(next!, yield* bench.alone(text), bench.tolerance, `after the path ${path.join()}`)
    }),
  )

  promise("a branch equals itself alone", (bench, skip) =>
    Effect.gen(function* () {
      if (!grants(bench, "branches", skip)) return
      const prompt = bench.tokens(40, 3)
      const tokens = bench.tokens(41, 6)
      const branches = [0, 1, 0, 2, 1, 0]
      const own = branches.map((branch, i) => branches.slice(0, i).filter((other) => other === branch).length)
      const cache = yield* bench.cache
      yield* bench.advance(cache, prompt)
      const rows = { ...tokenRows(tokens, 0), positions: Int32Array.from(own, (index) => 3 + index) }
      const logits = yield* bench.logits(cache, rows, { rule: "branches", branches })
      for (const [i, row] of logits.entries()) {
        const path = tokens.filter((_, j) => j <= i && branches[j] === branches[i])
        sameFloats(row, yield* bench.alone([...prompt, ...path]), bench.tolerance, `row ${i}`)
      }
    }),
  )

  promise("a row sees later rows of its rank, and none of a higher one", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(50, 5)
      const ranked = (last: number, ranks: readonly number[]) =>
        Effect.gen(function* () {
          const rows = tokenRows([...tokens, last].slice(0, ranks.length), 0)
          return (yield* bench.logits(yield* bench.cache, rows, { rule: "ranked", ranks }))[0]!
        })
      const other = (tokens[4]! + 1) % bench.model.info.vocabularySize
      const block = yield* ranked(tokens[4]!, [0, 0, 0])
      sameFloats(yield* ranked(other, [0, 0, 0, 1, 1, 1]), block, bench.tolerance, "a row of the first block")
      assert.notDeepEqual(
        yield* ranked(other, [0, 0, 0, 0, 0, 0]),
        yield* ranked(tokens[4]!, [0, 0, 0, 0, 0, 0]),
        "a row that sees the last one does not mind it",
      )
    }),
  )

  promise("a dense mask is the rule it spells out", (bench, skip) =>
    Effect.gen(function* () {
      if (!grants(bench, "dense", skip)) return
      const prompt = bench.tokens(60, 3)
      const tokens = bench.tokens(61, 5)
      const rules: Visibility[] = [
        bidirectional(5),
        { rule: "ranked", ranks: [0, 0, 1, 1, 2], cached: [0, 2] },
      ]
      if (bench.model.info.visibility.includes("tree"))
        rules.push({ rule: "tree", parents: [-1, 0, 0, 1, -1], cached: [1] })
      for (const rule of rules) {
        const run = (visibility: Visibility) =>
          Effect.gen(function* () {
            const cache = yield* bench.cache
            yield* bench.advance(cache, prompt)
            return yield* bench.logits(cache, tokenRows(tokens, 3), visibility)
          })
        const spelt = yield* run({ rule: "dense", mask: visibilityMatrix(rule, 3, 5) })
        for (const [i, row] of (yield* run(rule)).entries())
          sameFloats(spelt[i]!, row, bench.tolerance, `row ${i} of ${rule.rule}`)
      }
    }),
  )

  promise("committed rows that are not listed are not seen", (bench) =>
    Effect.gen(function* () {
      const prompt = bench.tokens(70, 5)
      const tokens = bench.tokens(71, 3)
      const listed = [0, 2, 4]
      const listing = yield* bench.cache
      yield* bench.advance(listing, prompt)
      const some = yield* bench.logits(listing, tokenRows(tokens, 5), {
        rule: "ranked",
        ranks: [0, 1, 2],
        cached: listed,
      })
      const retaining = yield* bench.cache
      yield* bench.advance(retaining, prompt)
      yield* retaining.retain(listed)
      const kept = yield* bench.logits(retaining, tokenRows(tokens, 5))
      for (const [i, row] of some.entries()) sameFloats(row, kept[i]!, bench.tolerance, `row ${i}`)
    }),
  )
}
