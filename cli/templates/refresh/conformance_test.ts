import { test } from "node:test"
import { refreshSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { keptPrompt } from "./mod.ts"

for (const interval of [1, 3, 4096])
  refreshSuite(
    (sentence, body) => test(`interval ${interval}: ${sentence}`, body),
    Effect.succeed(keptPrompt({ interval })),
  )
