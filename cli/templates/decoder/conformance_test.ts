import { test } from "node:test"
import { decoderSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { plain } from "./mod.ts"

decoderSuite(test, (parts) => Effect.succeed(plain({ ...parts, prefillChunk: 2 })), { preserves: "tokens" })
