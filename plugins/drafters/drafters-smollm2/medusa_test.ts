import assert from "node:assert/strict"
import { fileURLToPath } from "node:url"
import { test } from "node:test"
import { plugin as medusa, readHeads } from "@parade/medusa"
import * as Effect from "effect/Effect"
import { draftsForSmolLM2 } from "./_testing.ts"
import { medusaHeads } from "./mod.ts"

const drafter = { use: "@parade/medusa", with: { source: medusaHeads } }

test("the heads guess among different tokens, and say for whom they are", async () => {
  const folder = fileURLToPath(new URL("medusa", import.meta.url))
  const { draft, weights, temperatures, weightsFingerprint } = await Effect.runPromise(readHeads(folder, 16))
  assert.ok(draft !== undefined && weightsFingerprint !== undefined)
  assert.equal(new Set(draft.tokens).size, draft.tokens.length)
  assert.equal(temperatures!.length, weights.length)
})

draftsForSmolLM2(medusa, drafter, { of: "another model", code: "draft.vocabulary-mismatch" })
