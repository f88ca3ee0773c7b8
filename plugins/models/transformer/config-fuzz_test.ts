import assert from "node:assert/strict"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { isParadeError, tokenRows } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { forwardAll, newCache, open, run } from "./_testing.ts"

type Json = Readonly<Record<string, unknown>>

const root = mkdtempSync(join(tmpdir(), "parade-config-"))
after(() => rmSync(root, { recursive: true, force: true }))

/** Every number that a config has no business with, and everything that is none. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    "",
    "gelu",
    "relu",
    "default",
    "linear",
    [],
    [7],
    {},
    -1,
    0,
    1,
    2,
  ),
  fc.constantFrom(0.5, 3, 16, 1e-300, 1e-13, 1e9, 2 ** 28, 2 ** 31, 2 ** 53, 1e300, -1e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Keys that the fixtures do not have, beside those they have. */
const keys = [
  "rope_theta",
  "rope_scaling",
  "partial_rotary_factor",
  "sliding_window",
  "mask_token_id",
] as const

/** A config with some of its values replaced, some left out, at the top or one level below. */
const mutated = (config: Json): fc.Arbitrary<Json> => {
  const change = fc.record({
    key: fc.constantFrom(...Object.keys(config), ...keys),
    inner: fc.option(fc.constantFrom("rope_type", "rope_theta", "factor", "full_attention"), { freq: 3 }),
    to: fc.option(value, { nil: undefined, freq: 8 }),
  })
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const result: Record<string, unknown> = { ...config }
    for (const { key, inner, to } of changes) {
      const below = result[key]
      result[key] =
        inner !== null && typeof below === "object" && below !== null ? { ...below, [inner]: to } : to
    }
    return result
  })
}

for (const name of ["llama", "qwen3", "gemma3", "gpt2", "mistral"])
  test(`Any change to the config of ${name} makes a model that answers in numbers, or a typed failure.`, async (t) => {
    const original = sharedOrSkip(t, "fixtures", "tiny-hf", name)
    if (original === undefined) return
    const folder = join(root, name)
    cpSync(original, folder, { recursive: true })
    const path = join(folder, "config.json")
    const config = JSON.parse(readFileSync(path, "utf8")) as Json
    const answers = Effect.gen(function* () {
      const model = yield* open(folder)
      const { logits } = yield* forwardAll(model, yield* newCache(model), tokenRows([1, 2], 0))
      return logits!.data
    })
    const attempt = async (changed: Json): Promise<void> => {
      rmSync(path)
      writeFileSync(path, JSON.stringify(changed))
      const before = process.memoryUsage().arrayBuffers
      try {
        const data = await run(answers)
        assert.ok(data.every(Number.isFinite), "The logits are no numbers.")
      } catch (error) {
        if (!isParadeError(error)) throw error
        assert.ok(error.message.length > 0, "The failure says nothing.")
      }
      assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 28, "It allocates without bound.")
    }
    await run(answers)
    await fc.assert(fc.asyncProperty(mutated(config), attempt), { numRuns: 40 })
  })
