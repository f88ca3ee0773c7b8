import { test } from "node:test"
import { scheduleSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { blocks } from "./mod.ts"

scheduleSuite(test, Effect.succeed(blocks({ length: 8 })))
scheduleSuite(test, Effect.succeed(blocks({ length: 4, lookAhead: 2 })))
scheduleSuite(test, Effect.succeed(blocks({ length: 5, align: "sequence" })))
