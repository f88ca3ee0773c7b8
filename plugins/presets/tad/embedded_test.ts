import assert from "node:assert/strict"
import { test } from "node:test"
import { answered, embedded, forwardsOf, rightOf, sorting } from "../_answered.ts"
import { plugin } from "./mod.ts"

delete process.env["PARADE_MODEL"]

const schedule = { use: "@parade/open-blocks", with: { length: 16 } }

test("With nothing said it runs on the embedded model and its own adapters, and sorts in no more forwards.", async () => {
  const before = await answered(plugin, { use: "@parade/tad", schedule, model: embedded }, 20, {
    task: sorting,
  })
  const after = await answered(plugin, { use: "@parade/tad", schedule }, 20, { task: sorting })
  assert.ok(forwardsOf(after) <= forwardsOf(before), `${forwardsOf(after)} after ${forwardsOf(before)}`)
  assert.ok(rightOf(after) >= rightOf(before) - 2, `${rightOf(after)} right after ${rightOf(before)}`)
})
