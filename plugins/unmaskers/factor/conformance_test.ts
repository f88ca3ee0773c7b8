import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { factor } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(factor({ factor: 1 })))
unmaskerSuite(test, Effect.succeed(factor({ factor: 3 })))
