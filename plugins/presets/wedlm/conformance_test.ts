import { test } from "node:test"
import { refreshSuite, scheduleSuite, unmaskerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { causalOrder, entropyDistance, slidingWindow } from "./mod.ts"

scheduleSuite(test, Effect.succeed(slidingWindow({ window: 1 })))
scheduleSuite(test, Effect.succeed(slidingWindow({ window: 6 })))
scheduleSuite(test, Effect.succeed(slidingWindow({ window: 1000 })))
refreshSuite(test, Effect.succeed(causalOrder))
unmaskerSuite(test, Effect.succeed(entropyDistance({ threshold: 0.4, penalty: 0.02 })))
unmaskerSuite(test, Effect.succeed(entropyDistance({ threshold: 1.3, penalty: 0.1 })))
unmaskerSuite(test, Effect.succeed(entropyDistance({ threshold: 0, penalty: 0 })))
