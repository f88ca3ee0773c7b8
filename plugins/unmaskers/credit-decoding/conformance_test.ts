import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { creditDecoding } from "./mod.ts"

unmaskerSuite(
  test,
  Effect.succeed(
    creditDecoding({ rule: threshold({ threshold: 0.5 }), strength: 0.65, decay: 0.7, exponent: 0.2 }),
  ),
)
unmaskerSuite(
  test,
  Effect.succeed(
    creditDecoding({
      rule: threshold({ threshold: 0.5 }),
      strength: 1,
      decay: 0.9,
      exponent: 1,
      tuningFree: true,
    }),
  ),
)
