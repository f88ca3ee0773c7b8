import { test } from "node:test"
import { referenceDevice } from "@parade/graph"
import { drafterSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { randomMaps, tinyLlama } from "./_testing.ts"
import { hiddenTransfer } from "./mod.ts"

const target = await Effect.runPromise(Effect.scoped(tinyLlama(1)))

// The maps know nothing, so that they cannot be relied on to propose what comes; they always propose something.
drafterSuite(test, () => hiddenTransfer(randomMaps(2, 3, 0.3), referenceDevice, 20), { target })
