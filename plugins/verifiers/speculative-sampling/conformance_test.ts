import { test } from "node:test"
import { verifierSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { speculativeSampling } from "./mod.ts"

verifierSuite(test, Effect.succeed(speculativeSampling))
