import assert from "node:assert/strict"
import { test } from "node:test"
import type { ModelInfo, Verifier } from "@parade/core"
import * as Effect from "effect/Effect"
import { incompatibility } from "./compatibility.ts"
import { emptyTree } from "./draft-tree.ts"
import type { Drafter } from "./drafter.ts"

const target = { name: "target", vocabularyFingerprint: "a" } as ModelInfo
const verifier: Verifier = {
  law: "exact",
  accepts: ["point"],
  verify: () => ({ accepted: [], appended: [0], rejected: 0 }),
}
const drafter: Drafter = {
  name: "any",
  proposes: ["point"],
  open: () => Effect.succeed({ plan: () => Effect.succeed(emptyTree), observe: () => Effect.void }),
}

test("a drafter without a vocabulary of its own goes with every target", () => {
  assert.equal(incompatibility(drafter, verifier, target), undefined)
  assert.equal(incompatibility({ ...drafter, vocabularyFingerprint: "a" }, verifier, target), undefined)
})

test("a law the verifier does not know is refused", () => {
  assert.equal(
    incompatibility({ ...drafter, proposes: ["iid"] }, verifier, target)?.code,
    "draft.law-mismatch",
  )
})

test("another vocabulary is refused", () => {
  const other = { ...drafter, vocabularyFingerprint: "b" }
  assert.equal(incompatibility(other, verifier, target)?.code, "draft.vocabulary-mismatch")
})
