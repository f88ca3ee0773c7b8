import type { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { type OutgoingAdapters, withAdapters, writeAdapters } from "./adapters.ts"
import { openCheckpoint } from "./checkpoint.ts"
import { floatBytes } from "./float-bytes.ts"
import { matrixOf } from "./matrix.ts"
import { writeSafetensors } from "./write-safetensors.ts"

const root = mkdtempSync(join(tmpdir(), "parade-adapters-"))
after(() => rmSync(root, { recursive: true, force: true }))

const run = <A>(effect: Effect.Effect<A, WeightsError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))
const codeOf = (effect: Effect.Effect<unknown, WeightsError, Scope>): Promise<string> =>
  run(Effect.match(effect, { onFailure: ({ code }) => code, onSuccess: () => "no failure" }))

const module = "model.layers.0.self_attn.q_proj"
const [rows, columns, rank, alpha] = [3, 2, 2, 4] as const
const w = Float32Array.of(1, 2, 3, 4, 5, 6)
const norm = Float32Array.of(1, 1)
const pair = {
  rows,
  columns,
  a: Float32Array.of(1, 0.5, 0, 2),
  b: Float32Array.of(1, 0, 0, 1, 0.25, -1),
}
/** `W + (4/2)·B·A`, by hand. */
const merged = [1 + 2, 2 + 1, 3 + 0, 4 + 4, 5 + 0.5, 6 + 0.25 - 4]

let count = 0
const folder = (): string => join(root, `${count++}`)

const base = folder()
const model = [
  { name: `${module}.weight`, type: "F16", shape: [rows, columns], bytes: () => floatBytes(w, "F16") },
  { name: "model.norm.weight", type: "F16", shape: [2], bytes: () => floatBytes(norm, "F16") },
]

const outgoing: OutgoingAdapters = { base: "../0", rank, alpha, modules: new Map([[module, pair]]) }

const adapters = async (change: Partial<OutgoingAdapters> = {}): Promise<string> => {
  const path = folder()
  await run(writeAdapters(path, { ...outgoing, ...change }))
  return path
}

/** Adapters whose config says something else. */
const saying = async (config: Readonly<Record<string, unknown>>): Promise<string> => {
  const path = await adapters()
  const file = join(path, "adapter_config.json")
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, "utf8")) as object), ...config }))
  return path
}

before(async () => {
  mkdirSync(base)
  await run(writeSafetensors(join(base, "model.safetensors"), model))
  writeFileSync(join(base, "config.json"), "{}")
})

test("A checkpoint with adapters holds W + (alpha / r) B A, and everything else as it was.", async () => {
  const path = await adapters()
  const program = Effect.gen(function* () {
    const plain = yield* openCheckpoint(base)
    const adapted = yield* withAdapters(plain, path)
    assert.deepEqual([...adapted.tensor(`${module}.weight`).values()], merged)
    assert.deepEqual([...adapted.tensor(`${module}.weight`, [rows, columns]).values()], merged)
    const matrix = matrixOf(adapted.tensor(`${module}.weight`), "auto")
    assert.deepEqual(matrix.kind === "dense" && [...matrix.values()], merged)
    assert.equal(adapted.tensor("model.norm.weight"), plain.tensor("model.norm.weight"))
    assert.notEqual(adapted.identity, plain.identity)
    assert.notEqual(adapted.tensor(`${module}.weight`).identity, plain.tensor(`${module}.weight`).identity)
  })
  await run(program)
})

test("A folder of adapters is a source: the checkpoint it names, with them merged in.", async () => {
  const path = await adapters()
  const values = await run(
    Effect.map(openCheckpoint(path), ({ folder: at, tensor }) => {
      assert.equal(at, base)
      return [...tensor(`${module}.weight`).values()]
    }),
  )
  assert.deepEqual(values, merged)
})

test("With use_rslora the scale is alpha by the root of the rank.", async () => {
  const path = await saying({ use_rslora: true })
  const values = await run(
    Effect.map(openCheckpoint(path), ({ tensor }) => [...tensor(`${module}.weight`).values()]),
  )
  const scale = alpha / Math.sqrt(rank) / (alpha / rank)
  assert.deepEqual(
    values.map((value) => Math.fround(value)),
    merged.map((value, i) => Math.fround(w[i]! + scale * (value - w[i]!))),
  )
})

test("Adapters that mean something else are refused by code.", async () => {
  const refused: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ peft_type: "IA3" }, "weights.unsupported-adapters"],
    [{ use_dora: true }, "weights.unsupported-adapters"],
    [{ bias: "all" }, "weights.unsupported-adapters"],
    [{ modules_to_save: ["lm_head"] }, "weights.unsupported-adapters"],
    [{ rank_pattern: { q_proj: 4 } }, "weights.unsupported-adapters"],
    [{ r: 0 }, "weights.bad-adapters"],
    [{ r: 3 }, "weights.shape-mismatch"],
    [{ lora_alpha: "much" }, "weights.bad-adapters"],
    [{ base_model_name_or_path: null }, "weights.bad-adapters"],
    [{ base_model_name_or_path: "../nowhere" }, "weights.file-missing"],
  ]
  for (const [config, code] of refused)
    assert.equal(await codeOf(openCheckpoint(await saying(config))), code, JSON.stringify(config))
})

test("Adapters of another checkpoint are refused by code.", async () => {
  const wide = new Map([[module, { ...pair, columns: 3, a: new Float32Array(6) }]])
  const foreign = new Map([["model.layers.1.self_attn.q_proj", pair]])
  assert.equal(await codeOf(openCheckpoint(await adapters({ modules: wide }))), "weights.shape-mismatch")
  assert.equal(
    await codeOf(openCheckpoint(await adapters({ modules: foreign }))),
    "weights.adapter-without-matrix",
  )
  const half = await adapters()
  const tensor = (name: string) => ({ name, type: "F32", shape: [2, 2], bytes: () => new Uint8Array(16) })
  const file = join(half, "adapter_model.safetensors")
  rmSync(file)
  await run(writeSafetensors(file, [tensor(`base_model.model.${module}.lora_A.weight`)]))
  assert.equal(await codeOf(openCheckpoint(half)), "weights.missing-tensor")
  rmSync(file)
  await run(writeSafetensors(file, [tensor(`base_model.model.${module}.lora_magnitude_vector`)]))
  assert.equal(await codeOf(openCheckpoint(half)), "weights.unsupported-adapters")
})
