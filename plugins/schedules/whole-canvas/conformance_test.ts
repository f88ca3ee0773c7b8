import { test } from "node:test"
import { scheduleSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { wholeCanvas } from "./mod.ts"

scheduleSuite(test, Effect.succeed(wholeCanvas))
