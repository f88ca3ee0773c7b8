import { test } from "node:test"
import { drafterSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { cycle } from "./mod.ts"

for (const period of [1, 4, 64])
  drafterSuite(
    (sentence, body) => test(`period ${period}: ${sentence}`, body),
    () => Effect.succeed(cycle({ period })),
  )
