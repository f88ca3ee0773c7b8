import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { marginThreshold } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(marginThreshold({ threshold: 0.8 })))
unmaskerSuite(test, Effect.succeed(marginThreshold({ threshold: 0.2 })))
