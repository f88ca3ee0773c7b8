import { test } from "node:test"
import { unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { localleap } from "./mod.ts"

unmaskerSuite(test, Effect.succeed(localleap({ threshold: 0.9, relaxed: 0.75, radius: 4 })))
unmaskerSuite(test, Effect.succeed(localleap({ threshold: 0.5, relaxed: 0.3, radius: 1 })))
