import assert from "node:assert/strict"
import { test } from "node:test"
import { largest } from "@parade/core"
import fc from "fast-check"
import { rankOf } from "./rank-of.ts"

test("the token of a rank has that rank, also where logits are equal", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 }), (values) => {
      const logits = Float32Array.from(values)
      for (const [rank, token] of largest(logits, values.length).entries())
        assert.equal(rankOf(logits, token), rank)
    }),
  )
})
