import assert from "node:assert/strict"
import { test } from "node:test"
import { answered, embedded, forwardsOf, rightOf } from "../_answered.ts"
import { plugin } from "./mod.ts"

delete process.env["PARADE_MODEL"]

const schedule = { use: "@parade/open-blocks", with: { length: 16 } }

test("With nothing said it runs on the embedded model and its own adapters, and takes no more forwards.", async () => {
  const before = await answered(plugin, { use: "@parade/tad", schedule, model: embedded }, 20)
  const after = await answered(plugin, { use: "@parade/tad", schedule }, 20)
  assert.ok(forwardsOf(after) <= forwardsOf(before), `${forwardsOf(after)} after ${forwardsOf(before)}`)
  assert.ok(rightOf(after) >= rightOf(before) - 2, `${rightOf(after)} right after ${rightOf(before)}`)
})
