import { test } from "node:test"
import { refreshSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { prefixCache } from "./mod.ts"

refreshSuite(test, Effect.succeed(prefixCache()))
refreshSuite(test, Effect.succeed(prefixCache({ interval: 1 })))
refreshSuite(test, Effect.succeed(prefixCache({ interval: 3 })))
