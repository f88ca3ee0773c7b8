import assert from "node:assert/strict"
import test from "node:test"
import { makePaint, wantsColour } from "./colour.ts"

const terminal = { isTTY: true }
const pipe = {}

test("Colours go to terminals, not to pipes or dumb terminals.", () => {
  assert.equal(wantsColour(terminal, {}), true)
  assert.equal(wantsColour(pipe, {}), false)
  assert.equal(wantsColour(terminal, { TERM: "dumb" }), false)
})

test("NO_COLOR switches them off unless it is empty, FORCE_COLOR decides before it.", () => {
  assert.equal(wantsColour(terminal, { NO_COLOR: "1" }), false)
  assert.equal(wantsColour(terminal, { NO_COLOR: "" }), true)
  assert.equal(wantsColour(pipe, { FORCE_COLOR: "1", NO_COLOR: "1" }), true)
  assert.equal(wantsColour(terminal, { FORCE_COLOR: "0" }), false)
})

test("Paint that is off leaves text as it is.", () => {
  assert.equal(makePaint(false).green("a"), "a")
  assert.equal(makePaint(true).green("a"), "\u001B[32ma\u001B[39m")
  assert.equal(makePaint(true).green(""), "")
})
