import assert from "node:assert/strict"
import { test } from "node:test"
import { agreed } from "./agreement.ts"
import { repetitionChance } from "./propose.ts"

/** Where 1 stands: three times before 2, once before 3. */
const tokens = Int32Array.of(1, 2, 1, 3, 1, 2, 1, 2, 1)
const match = (from: number, length = 1) => ({ from, length })

test("Matches that all go on alike are worth what their length says.", () => {
  const matches = [match(1), match(5), match(7)]
  assert.deepEqual(agreed(tokens, matches), matches)
})

test("Of matches as long as another, each is worth the share that goes on as it does.", () => {
  const [two, three] = agreed(tokens, [match(1), match(3), match(5), match(7)])
  assert.equal(two!.chance, repetitionChance(1, 3 / 4))
  assert.equal(three!.chance, repetitionChance(1, 1 / 4))
})

test("A longer match is worth no less for shorter ones that go on otherwise.", () => {
  assert.equal(agreed(tokens, [match(1, 2), match(3)])[0]!.chance, undefined)
})
