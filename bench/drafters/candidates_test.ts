import assert from "node:assert/strict"
import { test } from "node:test"
import { candidatesOf } from "./candidates.ts"

const ppd = { name: "@parade/ppd", capabilities: ["proposes: point", "trained"] }
const lookup = { name: "@parade/prompt-lookup", capabilities: ["training-free"] }
const examples = [
  "ppd.json",
  "ppd-large.json",
  "ppd.md",
  "speculative-prompt-lookup.json",
  "prompt-lookup-2.json",
]
const namesOf = (candidates: readonly { readonly name: string }[]) => candidates.map(({ name }) => name)

test("A trained drafter has its own example and those of its parts for other models", () => {
  assert.deepEqual(namesOf(candidatesOf(ppd, examples, undefined)), ["ppd", "ppd-large"])
})

test("An untrained drafter has one example, with or without the decoder's name", () => {
  assert.deepEqual(namesOf(candidatesOf(lookup, examples, undefined)), ["speculative-prompt-lookup"])
})

test("Parts of a folder called after a drafter take the place of its own", () => {
  const parts = { folders: ["ppd", "prompt-lookup"], pathOf: (folder: string) => `/trained/${folder}` }
  const [, , own] = candidatesOf(ppd, examples, parts)
  assert.equal(own!.name, "ppd-parts")
  assert.equal(own!.example, "ppd.json")
  assert.equal(own!.set[0], 'drafter.with.source="/trained/ppd"')
  assert.equal(candidatesOf(lookup, examples, parts).length, 1)
})

test("Without an example there is nothing to measure", () => {
  assert.deepEqual(candidatesOf(ppd, [], { folders: ["ppd"], pathOf: (folder) => folder }), [])
})
