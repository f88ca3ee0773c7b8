import { test } from "node:test"
import { verifierSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { typicalAcceptance } from "./mod.ts"

for (const next of ["likeliest", "drawn"] as const)
  verifierSuite(
    (sentence, body) => test(`${next}: ${sentence}`, body),
    Effect.succeed(typicalAcceptance({ epsilon: 0.09, delta: 0.3, next })),
  )
