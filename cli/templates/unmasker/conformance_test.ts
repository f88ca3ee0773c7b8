import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { share } from "./mod.ts"

for (const part of [0, 0.25, 1])
  unmaskerSuite(
    (sentence, body) => test(`share ${part}: ${sentence}`, body),
    Effect.succeed(share({ share: part })),
  )
