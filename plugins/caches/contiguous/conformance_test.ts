import { test } from "node:test"
import { cacheSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { contiguous } from "./mod.ts"

cacheSuite(test, Effect.succeed(contiguous()))
