import { test } from "node:test"
import { referenceDevice } from "@parade/graph"
import { drafterSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { randomHeads, tinyLlama } from "./_testing.ts"
import { medusa } from "./mod.ts"

const target = await Effect.runPromise(Effect.scoped(tinyLlama(1)))

// The heads know nothing, so that they cannot be relied on to propose what comes; they always propose something.
drafterSuite(test, () => medusa(randomHeads(2, 3, 0.3), referenceDevice, { nodes: 20, tree: "confident" }), {
  target,
})
