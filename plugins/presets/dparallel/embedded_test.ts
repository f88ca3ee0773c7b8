import assert from "node:assert/strict"
import { test } from "node:test"
import { answered, embedded, forwardsOf, rightOf } from "../_answered.ts"
import { plugin } from "./mod.ts"

delete process.env["PARADE_MODEL"]

test("With nothing said it runs on the embedded model and its own adapters, which save forwards at like quality.", async () => {
  const before = await answered(plugin, { use: "@parade/dparallel", model: embedded }, 20)
  const after = await answered(plugin, { use: "@parade/dparallel" }, 20)
  assert.ok(forwardsOf(after) < 0.85 * forwardsOf(before), `${forwardsOf(after)} after ${forwardsOf(before)}`)
  assert.ok(rightOf(after) >= rightOf(before) - 2, `${rightOf(after)} right after ${rightOf(before)}`)
})
