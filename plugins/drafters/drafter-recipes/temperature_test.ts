import assert from "node:assert/strict"
import { test } from "node:test"
import { drawsFor } from "@parade/tasks"
import { temperatureFit } from "./temperature.ts"

test("logits that are too sure of themselves are divided by what makes them right as often as they say", () => {
  for (const factor of [0.8, 1, 2.5]) {
    const fit = temperatureFit()
    for (let i = 0; i < 4000; i++) {
      const draws = drawsFor("temperature", 1, i)
      const law = Array.from({ length: 5 }, () => 1 + draws.below(20))
      const sum = law.reduce((a, b) => a + b, 0)
      let left = draws.below(sum)
      const right = law.findIndex((weight) => (left -= weight) < 0)
      fit.add(
        law.map((weight) => factor * Math.log(weight)),
        right,
      )
    }
    assert.ok(Math.abs(fit.best() / factor - 1) < 0.15, `${fit.best()} for ${factor}`)
  }
  assert.equal(temperatureFit().best(), 1)
})
