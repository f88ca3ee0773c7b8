import { test } from "node:test"
import { scheduleSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { subBlocks } from "./mod.ts"

scheduleSuite(test, Effect.succeed(subBlocks({ length: 8, subLength: 2 })))
scheduleSuite(test, Effect.succeed(subBlocks({ length: 6, subLength: 3, align: "sequence" })))
scheduleSuite(test, Effect.succeed(subBlocks({ length: 4, subLength: 2, firstAlone: true })))
scheduleSuite(
  test,
  Effect.succeed(subBlocks({ length: 7, subLength: 3, align: "sequence", firstAlone: true })),
)
scheduleSuite(test, Effect.succeed(subBlocks({ subLength: 8, align: "sequence" })))
scheduleSuite(
  test,
  Effect.succeed(subBlocks({ length: 6, subLength: 6, align: "sequence", firstAlone: true })),
)
