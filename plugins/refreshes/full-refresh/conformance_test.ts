import { test } from "node:test"
import { refreshSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { fullRefresh } from "./mod.ts"

refreshSuite(test, Effect.succeed(fullRefresh))
