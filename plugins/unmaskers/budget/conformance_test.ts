import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { budget } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(budget({ tokens: 1, by: "confidence" })))
unmaskerSuite(test, Effect.succeed(budget({ tokens: 3, by: "entropy" })))
unmaskerSuite(test, Effect.succeed(budget({ tokens: 2, by: "position" })))
unmaskerSuite(test, Effect.succeed(budget({ tokens: 2, by: "random" })), { random: true })
