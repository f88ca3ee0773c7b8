import { test } from "node:test"
import { refreshSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { exactBlockCache } from "./mod.ts"

refreshSuite(test, Effect.succeed(exactBlockCache({ block: 4 })))
refreshSuite(test, Effect.succeed(exactBlockCache()))
refreshSuite(test, Effect.succeed(exactBlockCache({ block: 5 })))
refreshSuite(test, Effect.succeed(exactBlockCache({ block: 4, reuse: true })))
