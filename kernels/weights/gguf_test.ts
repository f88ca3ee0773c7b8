import { isParadeError, WeightsError } from "@parade/core"
import * as fc from "fast-check"
import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { needs, shared } from "./_shared-test-files.ts"
import { type Gguf, type GgufValue, readGguf } from "./gguf.ts"
import { readSafetensors } from "./safetensors.ts"

const fixtures = join(shared, "fixtures/gguf")
const withFixtures = needs("fixtures/gguf")

const inFolder = (body: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), "parade-weights-"))
  try {
    body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const failureOf = (path: string): WeightsError => {
  try {
    readGguf(path).close()
  } catch (error) {
    assert.ok(error instanceof WeightsError, String(error))
    return error
  }
  return assert.fail(`${path} was accepted`)
}

const plainValue = (value: GgufValue): unknown =>
  typeof value === "object" ? value.values().map(plainValue) : typeof value === "bigint" ? `${value}` : value

test("every tensor type is dequantised as the reference does", withFixtures, () => {
  const names = readdirSync(join(fixtures, "valid"))
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => name.replace(".safetensors", ""))
  assert.ok(names.length >= 27)
  for (const name of names) {
    const file = readGguf(join(fixtures, "valid", `${name}.gguf`))
    const reference = readSafetensors(join(fixtures, "valid", `${name}.safetensors`))
    assert.deepEqual([...file.tensors.keys()].sort(), [...reference.tensors.keys()].sort())
    for (const [key, tensor] of reference.tensors) {
      assert.deepEqual(file.tensors.get(key)!.shape, tensor.shape)
      const expected = tensor.values()
      const values = file.tensors.get(key)!.values()
      assert.equal(values.length, expected.length)
      let worst = 0
      for (let i = 0; i < expected.length; i++)
        worst = Math.max(worst, Math.abs(values[i]! - expected[i]!) / Math.max(Math.abs(expected[i]!), 1e-30))
      assert.ok(worst <= 1e-6, `${name} ${key}: ${worst}`)
    }
    file.close()
    reference.close()
  }
})

test("metadata of every value type is read", withFixtures, () => {
  const expected = JSON.parse(readFileSync(join(fixtures, "valid/metadata.json"), "utf8")) as object
  const { metadata } = readGguf(join(fixtures, "valid/metadata.gguf"))
  for (const [key, value] of Object.entries(expected))
    assert.deepEqual(plainValue(metadata.get(key)!), value, key)
})

test("lists of lists are read", withFixtures, () => {
  const { metadata } = readGguf(join(fixtures, "valid/nested-array-2.gguf"))
  const nested = plainValue([...metadata.values()].find((value) => typeof value === "object")!)
  assert.ok(Array.isArray(nested) && Array.isArray(nested[0]), JSON.stringify(nested))
})

test("every malformed file is refused with its own code", withFixtures, () => {
  const expected = JSON.parse(readFileSync(join(fixtures, "malformed/expected.json"), "utf8")) as {
    file: string
    code: string
  }[]
  assert.ok(expected.length >= 37)
  for (const { file, code } of expected) {
    const error = failureOf(join(fixtures, "malformed", file))
    assert.equal(error.code, `weights.${code}`, `${file}: ${error.describe()}`)
    assert.ok(error.path?.endsWith(file))
    assert.ok(error.advice)
  }
})

test("a file cut at any byte is refused", withFixtures, () =>
  inFolder((folder) => {
    const path = join(folder, "cut.gguf")
    for (const name of ["handmade", "metadata"]) {
      const whole = readFileSync(join(fixtures, "valid", `${name}.gguf`))
      writeFileSync(path, whole)
      // Zeros at the end are padding.
      const end = whole.findLastIndex((byte) => byte !== 0)
      for (let size = end; size >= 0; size--) {
        truncateSync(path, size)
        assert.match(
          failureOf(path).code,
          /^weights\.(truncated|data-beyond-file|length-beyond-file|count-beyond-file)$/,
        )
      }
    }
  }),
)

const readEverything = (file: Gguf): void => {
  for (const value of file.metadata.values()) plainValue(value)
  for (const tensor of file.tensors.values()) tensor.values()
  file.close()
}

test("a file with damaged bytes is read or refused, never anything else", withFixtures, () =>
  inFolder((folder) => {
    const path = join(folder, "damaged.gguf")
    const files = ["handmade", "metadata", "nested-array-2"].map((name) =>
      readFileSync(join(fixtures, "valid", `${name}.gguf`)),
    )
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.array(fc.tuple(fc.nat(1023), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (which, changes) => {
          const bytes = Uint8Array.from(files[which]!)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          writeFileSync(path, bytes)
          try {
            readEverything(readGguf(path))
          } catch (error) {
            assert.ok(isParadeError(error), String(error))
          }
        },
      ),
      { numRuns: 300 },
    )
  }),
)

test("the table of a real model is read", needs("models/SmolLM2-135M-Instruct"), () => {
  const file = readGguf(join(shared, "models/SmolLM2-135M-Instruct/SmolLM2-135M-Instruct.Q4_1.gguf"))
  assert.equal(file.tensors.size, 272)
  assert.deepEqual(file.tensors.get("token_embd.weight")!.shape, [49152, 576])
  assert.equal(file.tensors.get("blk.29.ffn_down.weight")!.type, "Q4_1")
  assert.equal((file.metadata.get("tokenizer.ggml.tokens") as { length: number }).length, 49152)
  file.close()
})
