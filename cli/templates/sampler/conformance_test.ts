import { test } from "node:test"
import { samplerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { cooling } from "./mod.ts"

for (const temperature of [0, 0.7, 1.5])
  samplerSuite(
    (sentence, body) => test(`temperature ${temperature}: ${sentence}`, body),
    Effect.succeed(cooling({ temperature, halfLife: 8 })),
  )
