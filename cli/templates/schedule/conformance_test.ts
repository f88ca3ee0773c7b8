import { test } from "node:test"
import { scheduleSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { leading } from "./mod.ts"

for (const count of [1, 4, 1000])
  scheduleSuite(
    (sentence, body) => test(`count ${count}: ${sentence}`, body),
    Effect.succeed(leading({ count })),
  )
