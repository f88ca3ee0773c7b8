import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { CacheError, isParadeError, ModelError } from "./mod.ts"

test("an error says where, what and what to do, with its code", () => {
  const error = new ModelError({
    code: "model.no-such-output",
    message: "There is no output 'hiden.1'.",
    advice: "Did you mean 'hidden.1'?",
    path: "$.model",
  })
  assert.equal(
    error.describe(),
    "$.model: There is no output 'hiden.1'. Did you mean 'hidden.1'? [model.no-such-output]",
  )
  assert.equal(new ModelError({ code: "a.b", message: "No." }).describe(), "No. [a.b]")
})

test("the fault is the caller's unless said otherwise, and the cause is kept", () => {
  const cause = new Error("disk")
  const error = new CacheError({ code: "cache.full", message: "Full.", fault: "environment", cause })
  assert.equal(error.fault, "environment")
  assert.equal(error.cause, cause)
  assert.equal(error.name, "CacheError")
  assert.equal(new CacheError({ code: "cache.full", message: "Full." }).fault, "caller")
})

test("an error of another copy of the package is recognised, other values are not", () => {
  assert.ok(isParadeError(new CacheError({ code: "cache.full", message: "Full." })))
  assert.ok(isParadeError({ "~parade/error": true }))
  for (const value of [new Error("x"), null, undefined, "~parade/error", 1]) assert.ok(!isParadeError(value))
})

test("an error is caught by its tag", async () => {
  const caught = Effect.fail(new CacheError({ code: "cache.full", message: "Full." })).pipe(
    Effect.catchTag("CacheError", (error) => Effect.succeed(error.code)),
  )
  assert.equal(await Effect.runPromise(caught), "cache.full")
})
