import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { ancestral } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(ancestral({ steps: 4 })), { random: true })
unmaskerSuite(test, Effect.succeed(ancestral({ steps: 100 })), { random: true })
