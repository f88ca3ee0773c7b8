import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { plugin as blocks } from "@parade/blocks"
import { plugin as contiguous } from "@parade/contiguous"
import { compose, DecoderKind, type PipelineError, registryOf, validate } from "@parade/core"
import { plugin as fixedCount } from "@parade/fixed-count"
import { plugin as freedave } from "@parade/freedave"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"
import { plugin as sampler } from "@parade/standard-sampler"
import { maskedModel, modelPlugin } from "@parade/test"
import * as Effect from "effect/Effect"
import { thresholdWeights } from "./_testing.ts"
import { plugin, writeFilter } from "./mod.ts"

const model = maskedModel({ vocabularySize: 12, seed: 3, spread: 5 })
const registry = registryOf([
  blocks,
  contiguous,
  fixedCount,
  freedave,
  fullRefresh,
  maskedDiffusion,
  modelPlugin(model),
  plugin,
  sampler,
])

const withFilter = async <A>(
  vocabularyFingerprint: string,
  use: (source: string) => Promise<A>,
): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-learn2pd-"))
  const file = { backbone: "masked", vocabularyFingerprint }
  await Effect.runPromise(writeFilter(folder, thresholdWeights(32, 4, 0.3), file))
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }))
}

const pipeline = (config: object, slots: object = {}): object => ({
  use: "@parade/masked-diffusion",
  unmasker: { use: "@parade/learn2pd", with: config, ...slots },
})

const codeOf = (source: object): Promise<string> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.match(compose(source, { registry }), {
        onFailure: (error: PipelineError) => error.issues[0]!.code,
        onSuccess: () => "composed",
      }),
    ),
  )

test("A filter composes with the model it was trained with, and with no other.", () =>
  withFilter(model.info.vocabularyFingerprint, async (source) => {
    assert.equal(await codeOf(pipeline({ source })), "composed")
    // The filter of the package is that of the embedded model.
    assert.equal(await codeOf(pipeline({})), "denoise.vocabulary-mismatch")
    assert.equal(await codeOf(pipeline({ source: join(source, "none") })), "weights.not-a-filter")
  }))

test("A rule that proposes several candidates is refused.", () =>
  withFilter(model.info.vocabularyFingerprint, async (source) => {
    const several = pipeline({ source }, { rule: { use: "@parade/freedave" } })
    assert.equal(await codeOf(several), "denoise.rule-proposes-several")
  }))

test("Settings out of range are told before anything is read.", async () => {
  const source = pipeline({ threshold: 1.5, endOfText: "often", endConfidence: -1 })
  const error = await Effect.runPromise(Effect.flip(validate(DecoderKind, source, registry)))
  assert.deepEqual(
    error.issues.map(({ path }) => path).sort(),
    ["endConfidence", "endOfText", "threshold"].map((key) => `$.unmasker.with.${key}`),
  )
})
