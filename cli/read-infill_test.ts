import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import { readInfill } from "./read-infill.ts"

test("A text with holes is text and holes, wherever they are.", async () => {
  const read = (text: string) => Effect.runPromise(readInfill(text))
  assert.deepEqual(await read("a [[8]] b\n[[1]][[2]]c]]"), [
    "a ",
    { hole: 8 },
    " b\n",
    { hole: 1 },
    { hole: 2 },
    "c]]",
  ])
  assert.deepEqual(await read("no hole"), ["no hole"])
})

test("What is no number of tokens is no hole.", async () => {
  for (const text of ["[[]]", "[[0]]", "a[[x]]", "[[-1]]", "[[123456]]"])
    assert.equal((await Effect.runPromise(Effect.flip(readInfill(text)))).code, "command.bad-hole", text)
})
