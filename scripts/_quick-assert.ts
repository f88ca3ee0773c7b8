/**
 * For tests: an `assert.ok` that fails without a message says no more than where. Node parses the whole source to show
 * the expression, which takes half a minute of code that tsx has put in one line, and shows the wrong one.
 */
import assert from "node:assert"
import strict from "node:assert/strict"

const ok: (value: unknown, message?: string | Error) => void = (value, message) => {
  if (value) return
  if (message instanceof Error) throw message
  throw new assert.AssertionError({
    message: message ?? "What is asserted does not hold.",
    actual: value,
    expected: true,
    operator: "==",
    stackStartFn: ok,
  })
}

Object.assign(assert, { ok })
Object.assign(strict, { ok })
