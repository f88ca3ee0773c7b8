import assert from "node:assert/strict"
import test from "node:test"
import { makePaint } from "./colour.ts"
import { progressLine } from "./progress-bar.ts"
import { table } from "./table.ts"

test("Words stand to the left, numbers to the right.", () => {
  const text = table(
    ["name", "speed"],
    [
      ["plain", "9.5"],
      ["lookup", "120.1"],
    ],
    makePaint(false),
  )
  assert.equal(text, "name    speed\nplain     9.5\nlookup  120.1")
})

test("A bar shows the share of the work, where the total is known.", () => {
  const report = { task: "Download", done: 3e6, total: 6e6, unit: "bytes" } as const
  assert.equal(progressLine(report, 0), `Download  ${"━".repeat(12)}${"╌".repeat(12)}  3.0 MB of 6.0 MB`)
  assert.equal(progressLine({ ...report, total: undefined }, 0), "Download  3.0 MB")
  assert.equal(
    progressLine({ ...report, done: 9, total: 3, unit: "steps" }, 0),
    `Download  ${"━".repeat(24)}  9 of 3`,
  )
})

test("Work that counts nothing shows how long it has taken.", () => {
  const report = { task: "Starting the session", done: 0, total: undefined, unit: "steps" } as const
  assert.equal(progressLine(report, 2.4), "Starting the session  2 s")
})
