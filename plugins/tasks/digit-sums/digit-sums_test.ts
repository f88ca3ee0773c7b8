import assert from "node:assert/strict"
import { test } from "node:test"
import { examples } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { digitSumsTask } from "./mod.ts"

const task = Effect.runSync(digitSumsTask({ minDigits: 4, maxDigits: 4, base: 10, order: "drawn" }))

/** Digits and sums of a derivation. */
const read = (text: string) => ({
  digits: Array.from(text).filter((_, i) => i % 2 === 0),
  sums: Array.from(text).filter((_, i) => i % 2 === 1),
})

test("A right derivation adds every digit once and ends with the answer; several are of different orders.", () => {
  const orders = new Set<string>()
  for (const { prompt, answer, derivations } of examples(task, { split: "train", count: 50 })) {
    const asked = prompt.slice(4, 8)
    for (const text of derivations!(3, 0)) {
      const { digits, sums } = read(text)
      assert.deepEqual(digits.toSorted(), Array.from(asked).toSorted())
      let sum = 0
      digits.forEach((digit, i) => {
        sum = (sum + Number(digit)) % 10
        assert.equal(sums[i], String(sum))
      })
      assert.equal(sums.at(-1), answer)
      orders.add(digits.map((digit) => asked.indexOf(digit)).join())
    }
  }
  assert.ok(orders.size > 15)
})

test("Derivations are the same whenever they are asked for, and as many of them wrong as is said, to the end.", () => {
  let wrong = 0
  for (const { answer, derivations } of examples(task, { split: "train", count: 200 })) {
    const some = derivations!(3, 0.2)
    assert.deepEqual(derivations!(3, 0.2), some)
    assert.deepEqual(derivations!(2, 0.2), some.slice(0, 2))
    for (const text of some) if (read(text).sums.at(-1) !== answer) wrong++
  }
  assert.ok(Math.abs(wrong / 600 - 0.2) < 0.05, `${wrong}`)
})

test("As they stand, the n-th derivation begins at the n-th digit; chained, each goes on from the sum of the one before.", () => {
  const turned = Effect.runSync(digitSumsTask({ minDigits: 4, maxDigits: 4, base: 10, order: "turned" }))
  for (const { prompt, answer, derivations } of examples(turned, { split: "train", count: 20 })) {
    const asked = prompt.slice(4, 8)
    const alone = derivations!(3, 0).map(read)
    assert.deepEqual(
      alone.map(({ digits }) => digits.join("")),
      [0, 1, 2].map((from) => asked.slice(from) + asked.slice(0, from)),
    )
    for (const { sums } of alone) assert.equal(sums.at(-1), answer)
    const chained = derivations!(3, 0, true).map(read)
    chained.forEach(({ digits, sums }, n) => {
      assert.deepEqual(digits, alone[n]!.digits)
      sums.forEach((sum, i) => {
        assert.equal(sum, String((Number(alone[n]!.sums[i]) + n * Number(answer)) % 10))
      })
    })
  }
})
