import assert from "node:assert/strict"
import { test } from "node:test"
import { composeAs, registryOf } from "@parade/core"
import { ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

const composed = (config: object) =>
  Effect.runPromise(
    composeAs(
      ScheduleKind,
      { use: "@parade/sub-blocks", with: config },
      { registry: registryOf([plugin]) },
    ).pipe(Effect.flip, Effect.scoped),
  )

test("A sub-block that does not divide its block is told at the setting, with what would.", async () => {
  const error = await composed({ length: 5, subLength: 4 })
  assert.equal(error.code, "pipeline.sub-block-does-not-divide")
  assert.equal(error.path, "$.with.subLength")
  assert.match(error.describe(), /a divisor of 5/)
})
