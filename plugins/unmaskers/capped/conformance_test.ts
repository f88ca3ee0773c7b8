import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { capped } from "./mod.ts"

const rule = threshold({ threshold: 0.5 })

unmaskerSuite(test, Effect.succeed(capped({ rule, min: 1, max: 32, endAfter: 0 })))
unmaskerSuite(test, Effect.succeed(capped({ rule, min: 2, max: 3, endAfter: 0.5 })))
unmaskerSuite(test, Effect.succeed(capped({ rule, min: 1, max: 1, maxSteps: 2, endAfter: 0 })))
