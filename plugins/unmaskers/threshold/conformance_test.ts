import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { threshold } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(threshold({ threshold: 0.9 })))
unmaskerSuite(test, Effect.succeed(threshold({ threshold: 0.4 })))
