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
const parts = { folders: ["ppd", "prompt-lookup"], pathOf: (folder: string) => `/trained/${folder}` }
const namesOf = (candidates: readonly { readonly name: string }[]) => candidates.map(({ name }) => name)

test("A trained drafter has its own example and those of its parts for other models", () => {
  assert.deepEqual(namesOf(candidatesOf(ppd, examples, undefined)), ["ppd", "ppd-large"])
})

test("One whose parts are counted is like one that is trained", () => {
  const counted = { name: "@parade/ppd", capabilities: ["counted"] }
  assert.deepEqual(candidatesOf(counted, examples, parts), candidatesOf(ppd, examples, parts))
})

test("An untrained drafter has one example, with or without the decoder's name", () => {
  assert.deepEqual(namesOf(candidatesOf(lookup, examples, undefined)), ["speculative-prompt-lookup"])
})

const source = 'drafter.with.source="/trained/ppd"'

test("Parts of a folder called after a drafter take the place of those for another model", () => {
  const own = candidatesOf(ppd, examples, parts).at(-1)!
  assert.deepEqual([own.name, own.example, own.set], ["ppd-parts", "ppd-large.json", [source]])
})

test("Where no example is for another model they draft shortly in the drafter's own", () => {
  const own = candidatesOf(ppd, ["ppd.json"], parts).at(-1)!
  assert.deepEqual([own.name, own.example], ["ppd-parts", "ppd.json"])
  assert.deepEqual(own.set, [source, "with.adaptive=false", "with.maxDraft=3"])
})

test("A drafter that is not trained takes no parts", () => {
  assert.equal(candidatesOf(lookup, examples, parts).length, 1)
})

test("Without an example there is nothing to measure", () => {
  assert.deepEqual(candidatesOf(ppd, [], { folders: ["ppd"], pathOf: (folder) => folder }), [])
})
