import { test } from "node:test"
import { decoderSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { autoregressive } from "./mod.ts"

decoderSuite(test, (parts) => Effect.succeed(autoregressive(parts)), { preserves: "tokens" })
