import assert from "node:assert/strict"
import type { OutputRows } from "@parade/core"
import {
  type AuxiliaryRows,
  type DraftPlan,
  type Drafter,
  type TargetUse,
  treeLevels,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import { integer, mix, stream } from "../_hash.ts"
import { randomTreeDrafter, type RandomTreeOptions } from "./honest.ts"

const hidden = "hidden.final"

const uses: TargetUse = {
  committed: [hidden],
  newest: [hidden, "logits"],
  proposals: [hidden],
  auxiliary: [hidden, "logits"],
  vectors: true,
}

/** Random rows beside a tree: tokens and vectors, on the root, on nodes and on each other. */
const auxiliaryRows = (next: () => number, plan: DraftPlan, room: number, size: number): AuxiliaryRows => {
  const count = integer(next, Math.max(0, Math.min(room, 6)) + 1)
  const tokens = Array.from({ length: count }, () => integer(next, size + 1) - 1)
  const vectors = tokens.filter((token) => token < 0).flatMap(() => [integer(next, 50), integer(next, 50)])
  return {
    tokens,
    parents: tokens.map((_, i) => integer(next, plan.tokens.length + i + 1) - 1),
    vectors: Float32Array.from(vectors),
  }
}

/** What a hidden row of a tiny model says: its token, or what its vector spells, and how many rows it sees. */
type HiddenRow = readonly [value: number, sees: number]

const auxiliaryHidden = (plan: DraftPlan, length: number): readonly HiddenRow[] => {
  const levels = [...treeLevels(plan)]
  const { tokens = [], parents = [], vectors } = plan.auxiliary ?? {}
  let next = 0
  return Array.from(tokens, (token, i) => {
    const level = parents[i]! < 0 ? 1 : levels[parents[i]!]! + 1
    levels.push(level)
    const value = token < 0 ? 2 * vectors![next++]! + vectors![next++]! + 1 : token
    return [value, length + level]
  })
}

const assertRows = (what: string, rows: OutputRows | undefined, expected: readonly HiddenRow[]): void => {
  const read = Array.from({ length: rows?.count ?? 0 }, (_, i) => [...rows!.row(i)])
  // The history does not say what a vector of the prompt spells.
  const known = expected.map(([value, sees], i) => [value < 0 ? read[i]?.[0] : value, sees])
  assert.deepEqual(read, known, `what was read at ${what}`)
}

const assertLogits = (what: string, rows: OutputRows | undefined, count: number): void => {
  assert.equal(rows?.count ?? 0, count, `rows of logits read at ${what}`)
  assert.ok(rows?.data.every((x) => !Number.isNaN(x)) ?? true, `logits read at ${what} are still there`)
}

/**
 * A random tree with random auxiliary rows, tokens and vectors; reads everything a drafter may read of a tiny model and
 * dies where it is not what the model says of that row. For the models of this package, whose hidden rows say which
 * row they are.
 */
export const watchfulDrafter = (options: RandomTreeOptions): Drafter => ({
  ...randomTreeDrafter(options),
  name: "watchful",
  uses,
  open: (context) =>
    Effect.gen(function* () {
      const { history, target, prompt } = context
      const tree = yield* randomTreeDrafter(options).open(context)
      let rows = 0
      const committed = (upTo: number): readonly HiddenRow[] => {
        const from = rows
        rows = upTo
        return Array.from({ length: upTo - from }, (_, i) => [history.tokens[from + i]!, from + i + 1])
      }
      // One that rested when the text began was shown nothing of the prompt.
      if (prompt.newest[hidden] !== undefined) {
        const all = committed(history.promptLength)
        assertRows("the rows of the prompt", prompt.committed[hidden], all)
        assertRows("the last row of the prompt", prompt.newest[hidden], all.slice(-1))
        assertLogits("the last row of the prompt", prompt.newest["logits"], 1)
      }
      let length = history.length
      return {
        plan: (budget) =>
          Effect.map(tree.plan(budget), (plan) => {
            length = history.length
            // What passed while it rested is not shown later.
            rows = length - 1
            const next = stream(mix(options.seed + 1, length))
            const room = budget.rows - plan.tokens.length
            return { ...plan, auxiliary: auxiliaryRows(next, plan, room, target.info.vocabularySize) }
          }),
        observe: ({ tree: plan, verdict: { accepted }, readings }) =>
          Effect.sync(() => {
            // A round that forwards nothing reads nothing; the tokens of others stop at what the text has become.
            const isForwarded = readings.newest[hidden] !== undefined
            const stood = Math.min(accepted.length, history.length - length)
            const kept = isForwarded ? committed(length + stood) : []
            assertRows("committed rows", readings.committed[hidden], kept)
            assertRows("the newest row", readings.newest[hidden], kept.slice(-1))
            assertLogits("the newest row", readings.newest["logits"], isForwarded ? 1 : 0)
            const nodes = Array.from(treeLevels(plan), (level, node): HiddenRow => [
              plan.tokens[node]!,
              length + level,
            ])
            assertRows("proposals", readings.proposals[hidden], nodes)
            const auxiliary = auxiliaryHidden(plan, length)
            assertRows("auxiliary rows", readings.auxiliary[hidden], auxiliary)
            assertLogits("auxiliary rows", readings.auxiliary["logits"], auxiliary.length)
            length = history.length
          }),
      }
    }),
})
