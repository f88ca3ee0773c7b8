import assert from "node:assert/strict"
import { test } from "node:test"
import type { Model, ModelInfo, Verifier } from "@parade/core"
import * as Effect from "effect/Effect"
import { incompatibility } from "./compatibility.ts"
import { emptyTree } from "./draft-tree.ts"
import type { Drafter } from "./drafter.ts"
import type { TargetUse } from "./target-use.ts"

const info = {
  name: "target",
  vocabularyFingerprint: "a",
  width: 8,
  outputs: ["logits", "hidden.final"],
  takesVectors: false,
} as unknown as ModelInfo
const target: Pick<Model, "info" | "head"> = { info, head: undefined }
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

test("parts that were trained for other weights are refused, where both sides say which", () => {
  const trained = { ...drafter, weightsFingerprint: "w" }
  const target = (weightsFingerprint?: string): Pick<Model, "info" | "head"> => ({
    info: { ...info, ...(weightsFingerprint && { weightsFingerprint }) },
    head: undefined,
  })
  assert.equal(incompatibility(trained, verifier, target()), undefined)
  assert.equal(incompatibility(drafter, verifier, target("other")), undefined)
  assert.equal(incompatibility(trained, verifier, target("w")), undefined)
  assert.equal(incompatibility(trained, verifier, target("other"))?.code, "draft.weights-mismatch")
})

test("parts that were trained for rows of another width are refused", () => {
  assert.equal(incompatibility({ ...drafter, width: 8 }, verifier, target), undefined)
  assert.equal(incompatibility({ ...drafter, width: 9 }, verifier, target)?.code, "draft.width-mismatch")
})

test("a target that does not give what the drafter takes is refused, and told what it lacks", () => {
  const message = (uses: TargetUse): string | undefined =>
    incompatibility({ ...drafter, uses }, verifier, target)?.message
  assert.equal(message({ committed: ["hidden.final"], auxiliary: ["logits"] }), undefined)
  assert.match(message({ newest: ["hidden.3"] })!, /the output hidden\.3/)
  assert.match(message({ vectors: true })!, /rows of vectors/)
  assert.match(message({ head: true })!, /its LM head/)
  assert.match(message({ enters: [2] })!, /entered at layer 2/)
  const cut = { info: { ...info, cuts: [2] } as ModelInfo, head: undefined }
  assert.equal(incompatibility({ ...drafter, uses: { enters: [2] } }, verifier, cut), undefined)
})
