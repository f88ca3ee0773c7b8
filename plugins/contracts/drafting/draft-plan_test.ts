import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { checkPlan, type DraftPlan, subplan, withinBudget } from "./draft-plan.ts"

const info = { vocabularySize: 4, width: 2 }
const use = { vectors: true }
const messageOf = (plan: DraftPlan): string => checkPlan(plan, info, use)?.message ?? ""

/** A tree of two nodes with a prompt of vectors on the root, on node 1, and on that prompt. */
const plan: DraftPlan = {
  tokens: [3, 2],
  parents: [-1, 0],
  auxiliary: { tokens: [-1, -1, 1], parents: [-1, 1, 3], vectors: Float32Array.of(1, 2, 3, 4) },
}

test("auxiliary rows hang on the root, on nodes, and on auxiliary rows before them", () => {
  assert.equal(checkPlan(plan, info, use), undefined)
  assert.match(messageOf({ ...plan, auxiliary: { tokens: [0], parents: [2] } }), /parent 2/)
  assert.match(messageOf({ ...plan, auxiliary: { tokens: [0], parents: [-2] } }), /parent -2/)
  assert.match(messageOf({ ...plan, auxiliary: { tokens: [4], parents: [0] } }), /token 4/)
  assert.match(messageOf({ ...plan, auxiliary: { tokens: [0], parents: [] } }), /1 auxiliary rows have 0/)
})

test("vectors come one for each row that is one, and are declared", () => {
  assert.match(messageOf({ ...plan, auxiliary: { tokens: [-1], parents: [-1] } }), /1 vectors of 2 floats/)
  assert.match(checkPlan(plan, info)!.message, /does not say it uses/)
})

test("a part of a plan keeps the auxiliary rows that hang on what is left", () => {
  const kept = subplan(plan, Int32Array.of(0))
  assert.deepEqual(Array.from(kept.tokens), [3])
  assert.deepEqual(kept.auxiliary, { tokens: [-1], parents: [-1], vectors: Float32Array.of(1, 2) })
  assert.equal(
    subplan({ ...plan, auxiliary: { tokens: [0], parents: [1] } }, Int32Array.of(0)).auxiliary,
    undefined,
  )
})

test("auxiliary rows take what room the proposals leave, and whole chains of them stay sound", () => {
  const sizes = (rows: number): readonly number[] => {
    const kept = withinBudget(plan, { nodes: 2, depth: 2, rows })
    assert.equal(checkPlan(kept, info, use), undefined)
    return [kept.tokens.length, kept.auxiliary?.tokens.length ?? 0]
  }
  assert.deepEqual([5, 4, 3, 2].map(sizes), [
    [2, 3],
    [2, 2],
    [2, 1],
    [2, 0],
  ])
  assert.equal(withinBudget(plan, { nodes: 2, depth: 2, rows: 5 }), plan)
})

const anyPlan = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(3), fc.nat(40)), { maxLength: 8 }),
    fc.array(fc.tuple(fc.nat(4), fc.nat(40)), { maxLength: 12 }),
  )
  .map(([nodes, rows]): DraftPlan => {
    const auxiliary = rows.map(([token]) => token - 1)
    return {
      tokens: nodes.map(([token]) => token),
      parents: nodes.map(([, parent], i) => (parent % (i + 1)) - 1),
      auxiliary: {
        tokens: auxiliary,
        parents: rows.map(([, parent], i) => (parent % (nodes.length + i + 1)) - 1),
        vectors: new Float32Array(auxiliary.filter((token) => token === -1).flatMap((_, i) => [i, i])),
      },
    }
  })

test("any plan cut to any budget is sound, within it, and keeps each vector with its row", () => {
  fc.assert(
    fc.property(anyPlan, fc.nat(10), fc.nat(6), fc.nat(20), (whole, nodes, depth, rows) => {
      const kept = withinBudget(whole, { nodes, depth, rows: nodes + rows })
      assert.equal(checkPlan(kept, info, use), undefined)
      assert.ok(kept.tokens.length <= nodes)
      assert.ok(kept.tokens.length + (kept.auxiliary?.tokens.length ?? 0) <= nodes + rows)
      const vectors = kept.auxiliary?.vectors ?? new Float32Array(0)
      // Vectors were numbered in row order, so a subset keeps ascending.
      for (let i = 2; i < vectors.length; i += 2) assert.ok(vectors[i]! > vectors[i - 2]!)
    }),
  )
})

test("rows enter at layers that are declared, in the order of the layers, and without vectors of their own", () => {
  const entering = (layers: readonly number[], uses: object = { enters: [2, 3] }): string =>
    checkPlan(
      { ...plan, auxiliary: { tokens: layers.map(() => -1), parents: layers.map(() => 0), layers } },
      info,
      {
        ...use,
        ...uses,
      },
    )?.message ?? ""
  assert.equal(entering([2, 2, 3]), "")
  assert.match(entering([3, 2]), /in front of it/)
  assert.match(entering([1]), /does not say/)
  assert.match(entering([2], {}), /does not say/)
  assert.match(entering([0]), /1 vectors of 2 floats/)
  assert.equal(entering([3], { enters: [3], auxiliary: ["hidden.3", "logits"] }), "")
  assert.match(entering([3], { enters: [3], auxiliary: ["hidden.2"] }), /hidden\.2 has passed/)
  const token = { tokens: [1], parents: [0], layers: [2] }
  assert.match(checkPlan({ ...plan, auxiliary: token }, info, { enters: [2] })!.message, /as a token/)
  const short = { tokens: [-1, -1], parents: [0, 0], layers: [2] }
  assert.match(checkPlan({ ...plan, auxiliary: short }, info, { enters: [2] })!.message, /have 1 layers/)
})

test("a part of a plan keeps the layers of its rows", () => {
  const auxiliary = {
    tokens: [-1, -1, -1],
    parents: [1, -1, 0],
    layers: [0, 2, 3],
    vectors: Float32Array.of(1, 2),
  }
  assert.deepEqual(subplan({ ...plan, auxiliary }, Int32Array.of(0)).auxiliary, {
    tokens: [-1, -1],
    parents: [-1, 0],
    layers: [2, 3],
  })
})
