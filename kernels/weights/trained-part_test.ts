import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { floatBytes, partReader, writeSafetensors } from "./mod.ts"

const reader = partReader({
  called: "The part",
  code: "weights.not-a-part",
  recipe: "part",
  json: "part.json",
  tensors: "part.safetensors",
  schema: Schema.Struct({ width: Schema.Int }),
})

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-part-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const write = (folder: string, values: readonly number[]) =>
  Effect.runPromise(
    writeSafetensors(join(folder, "part.safetensors"), [
      {
        name: "bias",
        type: "F32",
        shape: [values.length],
        bytes: () => floatBytes(Float32Array.from(values), "F32"),
      },
    ]),
  )

const bias = (folder: string, name: string, shape: readonly number[]) =>
  Effect.scoped(Effect.flatMap(reader.tensors(folder), (tensor) => tensor(name, shape)))

const failure = (effect: Effect.Effect<unknown, WeightsError>): Promise<string> =>
  Effect.runPromise(Effect.map(Effect.flip(effect), ({ code, message }) => `[${code}] ${message}`))

test("A part is read by its JSON and the tensors it names.", async (t) => {
  const folder = folderFor(t)
  writeFileSync(join(folder, "part.json"), '{ "width": 2 }')
  await write(folder, [1, 2])
  assert.deepEqual(await Effect.runPromise(reader.file(folder)), { width: 2 })
  assert.deepEqual(await Effect.runPromise(bias(folder, "bias", [2])), Float32Array.of(1, 2))
})

test("JSON that is missing, broken or of something else is told as what it should be.", async (t) => {
  const folder = folderFor(t)
  assert.match(
    await failure(reader.file(folder)),
    /^\[weights\.not-a-part\] The part cannot be read: There is no such file/,
  )
  writeFileSync(join(folder, "part.json"), "{")
  assert.match(await failure(reader.file(folder)), /The part cannot be read/)
  rmSync(join(folder, "part.json"))
  mkdirSync(join(folder, "part.json"))
  assert.match(await failure(reader.file(folder)), /The part cannot be read: This is not a regular file\./)
  rmSync(join(folder, "part.json"), { recursive: true })
  writeFileSync(join(folder, "part.json"), '{ "width": 1.5 }')
  assert.match(await failure(reader.file(folder)), /This is no part\.json: /)
})

test("Tensors that are missing, of another shape or not finite are told by name.", async (t) => {
  const folder = folderFor(t)
  await write(folder, [1, Number.NaN])
  assert.match(await failure(bias(folder, "other", [2])), /There is no tensor "other"/)
  assert.match(
    await failure(bias(folder, "bias", [3])),
    /"bias" has the shape \[2\]; by part\.json it should be \[3\]/,
  )
  assert.match(await failure(bias(folder, "bias", [2])), /^\[weights\.not-finite\]/)
})
