import assert from "node:assert/strict"
import test from "node:test"
import { DecoderKind, validate } from "@parade/core"
import * as Effect from "effect/Effect"
import { makePaint } from "./colour.ts"
import { openRegistry } from "./load-plugins.ts"
import { drawPlan } from "./plan-picture.ts"

test("A pipeline is drawn with what fills each slot; defaults and shared nodes are marked.", async () => {
  const pipeline = {
    use: "@parade/speculative",
    model: { use: "@parade/transformer", id: "target", with: { dtype: "q8" } },
    drafter: { use: "@parade/draft-model", model: { ref: "target" } },
    verifier: { use: "@parade/exact-match" },
  }
  const plan = await Effect.runPromise(validate(DecoderKind, pipeline, openRegistry(".")))
  const lines = drawPlan(plan, makePaint(false)).split("\n")
  assert.match(lines[0]!, /^@parade\/speculative/)
  assert.match(lines[1]!, /^├─ model +@parade\/transformer {2}dtype: "q8" \[.*device: "auto", .*\]$/)
  assert.match(lines[2]!, /^│ {2}└─ attention +@parade\/grouped-query.*\(default\)$/)
  assert.ok(
    lines.some((line) => /model +the same as \$\.model$/.test(line)),
    lines.join("\n"),
  )
  assert.ok(
    lines.some((line) => /^└─ cache +@parade\/contiguous.*\(default\)$/.test(line)),
    lines.join("\n"),
  )
})
