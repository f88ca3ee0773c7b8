import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import { fixedCount } from "@parade/fixed-count"
import * as Effect from "effect/Effect"
import { contextWeights, thresholdWeights } from "./_testing.ts"
import { filterOf, learn2pd } from "./mod.ts"

const rule = fixedCount({ by: "confidence" })
for (const weights of [thresholdWeights(8, 8, 0.4), contextWeights(8, 8, 0.9)])
  unmaskerSuite(
    test,
    Effect.succeed(
      learn2pd({ filter: filterOf(weights), threshold: 0.5, rule, endOfText: "canvas", endConfidence: 0 }),
    ),
  )
