import assert from "node:assert/strict"
import test from "node:test"
import { PipelineError, WeightsError } from "@parade/core"
import * as Exit from "effect/Exit"
import { endingOf } from "./exit.ts"

const mistake = new PipelineError([{ path: "$.use", code: "pipeline.unknown-plugin", message: "No." }])
const bug = new WeightsError({ code: "weights.x", message: "Odd.", fault: "bug" })

test("The caller's mistakes end with 2, other failures with 1, interruption with 130.", () => {
  assert.deepEqual(endingOf(Exit.succeed(undefined), false), { status: 0, message: undefined })
  assert.equal(endingOf(Exit.fail(mistake), false).status, 2)
  assert.equal(endingOf(Exit.fail(bug), false).status, 1)
  assert.equal(endingOf(Exit.die(new TypeError("x")), false).status, 1)
  assert.equal(endingOf(Exit.interrupt(), false).status, 130)
})

test("A message names place and mistake; where in the code is told only on request.", () => {
  assert.equal(endingOf(Exit.fail(mistake), false).message, "$.use: No. [pipeline.unknown-plugin]")
  assert.match(endingOf(Exit.fail(mistake), true).message!, /exit_test/)
  const crash = endingOf(Exit.die(new TypeError("x is not a function")), false).message!
  assert.match(crash, /TypeError: x is not a function.*--debug/)
  assert.doesNotMatch(crash, /\n/)
})
