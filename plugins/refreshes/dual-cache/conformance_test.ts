import { test } from "node:test"
import { refreshSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { dualCache } from "./mod.ts"

refreshSuite(test, Effect.succeed(dualCache()))
refreshSuite(test, Effect.succeed(dualCache({ interval: 1 })))
refreshSuite(test, Effect.succeed(dualCache({ interval: 3 })))
