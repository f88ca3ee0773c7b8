import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { freedave } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(freedave({ drafts: 4, by: "confidence" })))
unmaskerSuite(test, Effect.succeed(freedave({ drafts: 3, by: "position" })))
unmaskerSuite(test, Effect.succeed(freedave({ drafts: 4, by: "confidence", threshold: 0.4 })))
