import assert from "node:assert/strict"
import { test } from "node:test"
import { splitOf, testShare } from "./split.ts"

test("the held-out share of instances is what it says", () => {
  for (const prefix of ["", "list ", "7 + "]) {
    let held = 0
    for (let i = 0; i < 20_000; i++) if (splitOf(`${prefix}${i}`) === "test") held++
    const expected = 20_000 * testShare
    assert.ok(Math.abs(held - expected) < 4 * Math.sqrt(expected * (1 - testShare)), `${prefix}: ${held}`)
  }
})

test("what was held out stays held out in every release", () => {
  const held = Array.from({ length: 60 }, (_, i) => i).filter((i) => splitOf(`instance ${i}`) === "test")
  assert.deepEqual(held, [8, 18, 21, 32, 34, 35, 36, 40, 41, 45, 47, 57])
})

test("one character more decides anew", () => {
  let changed = 0
  for (let i = 0; i < 2000; i++) if (splitOf(`${i}`) !== splitOf(`${i} `)) changed++
  assert.ok(Math.abs(changed / 2000 - 2 * testShare * (1 - testShare)) < 0.04, String(changed))
})
