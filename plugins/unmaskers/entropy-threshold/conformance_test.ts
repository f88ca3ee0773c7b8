import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { entropyThreshold } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(entropyThreshold({ threshold: 0.5 })))
unmaskerSuite(test, Effect.succeed(entropyThreshold({ threshold: 1.2 })))
