import assert from "node:assert/strict"
import { test } from "node:test"
import * as Schema from "effect/Schema"
import { StandardSamplerConfig } from "./mod.ts"

const decode = Schema.decodeUnknownSync(StandardSamplerConfig)

test("everything left out is off", () => {
  assert.deepEqual(decode({}), {
    temperature: 0,
    topK: 0,
    topP: 1,
    minP: 0,
    repetitionPenalty: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
    logitBias: {},
  })
})

test("a number out of its range is refused, with the range", () => {
  for (const [key, value] of [
    ["temperature", -0.1],
    ["temperature", Infinity],
    ["topK", 1.5],
    ["topK", -1],
    ["topP", 1.1],
    ["minP", -1],
    ["repetitionPenalty", 0],
    ["presencePenalty", NaN],
    ["frequencyPenalty", "1"],
  ] as const)
    assert.throws(() => decode({ [key]: value }), new RegExp(key))
  assert.throws(() => decode({ topP: 1.1 }), /between 0 and 1/)
})

test("biases are by token id", () => {
  assert.deepEqual(decode({ logitBias: { "0": -1, "42": 2.5 } }).logitBias, { "0": -1, "42": 2.5 })
  for (const key of ["x", "-1", "1.5", "01", ""])
    assert.throws(() => decode({ logitBias: { [key]: 1 } }), /token id/)
  for (const bias of [1e308, -1e31])
    assert.throws(() => decode({ logitBias: { "0": bias } }), /between -1e\+30 and 1e\+30/)
})
