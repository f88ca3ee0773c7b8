import { test } from "node:test"
import { scheduleSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { traces } from "./mod.ts"

scheduleSuite(test, Effect.succeed(traces({ answer: "after" })))
scheduleSuite(test, Effect.succeed(traces({ answer: "beside" })))
