import { test } from "node:test"
import { drafterSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { randomPrompts, tinyLlama } from "./_testing.ts"
import { ppd } from "./mod.ts"

const target = await Effect.runPromise(Effect.scoped(tinyLlama(1)))

// The prompt tokens know nothing, so that they cannot be relied on to propose what comes; they always propose something.
drafterSuite(test, () => Effect.succeed(ppd(randomPrompts(2, 3, 1), 40)), { target })
