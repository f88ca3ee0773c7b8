import { test } from "node:test"
import { drafterSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { parts, randomDrafter, tinyLlama } from "./_testing.ts"
import { chimera } from "./mod.ts"

const target = await Effect.runPromise(Effect.scoped(tinyLlama(1)))

// Its weights know nothing, so that it cannot be relied on to propose what comes; it always proposes something.
drafterSuite(test, () => chimera(randomDrafter(2, 3, 0.3), parts, { nodes: 20, least: 0, trigrams: 4 }), {
  target,
})
