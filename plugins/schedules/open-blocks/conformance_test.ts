import { test } from "node:test"
import { scheduleSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { openBlocks } from "./mod.ts"

scheduleSuite(test, Effect.succeed(openBlocks({ length: 8, openAt: 0.5 })))
scheduleSuite(test, Effect.succeed(openBlocks({ length: 4, openAt: 0.1 })))
scheduleSuite(test, Effect.succeed(openBlocks({ length: 4, openAt: 1 })))
