import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { fixedCount } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(fixedCount({ by: "confidence" })))
unmaskerSuite(test, Effect.succeed(fixedCount({ by: "entropy", steps: 2 })))
unmaskerSuite(test, Effect.succeed(fixedCount({ by: "margin", steps: 3 })))
unmaskerSuite(test, Effect.succeed(fixedCount({ by: "position" })))
unmaskerSuite(test, Effect.succeed(fixedCount({ by: "random", steps: 3 })), { random: true })
