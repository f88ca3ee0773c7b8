import assert from "node:assert/strict"
import { test } from "node:test"
import { registryOf, validate } from "@parade/core"
import { UnmaskerKind } from "@parade/denoising"
import { plugin as threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

test("Credit that would not decay is refused.", async () => {
  const mistakesOf = (decay: number): Promise<readonly string[]> =>
    Effect.runPromise(
      Effect.match(
        validate(
          UnmaskerKind,
          { use: "@parade/credit-decoding", with: { decay } },
          registryOf([plugin, threshold]),
        ),
        {
          onFailure: ({ issues }) => issues.map(({ code, path }) => `${code} ${path}`),
          onSuccess: () => [],
        },
      ),
    )
  assert.deepEqual(await mistakesOf(0.999), [])
  assert.deepEqual(await mistakesOf(1), ["pipeline.out-of-range $.with.decay"])
})
