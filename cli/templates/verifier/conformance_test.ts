import { test } from "node:test"
import { verifierSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { amongBest } from "./mod.ts"

for (const count of [1, 2])
  verifierSuite(
    (sentence, body) => test(`count ${count}: ${sentence}`, body),
    Effect.succeed(amongBest({ count })),
  )
