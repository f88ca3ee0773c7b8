import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { answered, rightOf } from "../_answered.ts"
import { plugin } from "./mod.ts"

delete process.env["PARADE_MODEL"]

const example = JSON.parse(
  readFileSync(new URL("../../../examples/nap.json", import.meta.url), "utf8"),
) as object

test("With nothing said it runs on its own model, whose traces lead to the sums of digits.", async () => {
  const answers = await answered(plugin, example, 30, { task: { use: "@parade/digit-sums" } })
  // A guess is right one time in ten.
  assert.ok(rightOf(answers) >= 15, `${rightOf(answers)} of 30 right`)
})
