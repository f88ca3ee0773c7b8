import assert from "node:assert/strict"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { tokenRows, uniform } from "@parade/core"
import { mergeLowRank } from "@parade/graph"
import { sharedOrSkip } from "@parade/test/shared"
import { floatBytes, openCheckpoint, writeAdapters, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import { forwardAll, newCache, open, run, temporaryCache } from "./_testing.ts"
import type { LoadOptions } from "./load.ts"

temporaryCache()
const root = mkdtempSync(join(tmpdir(), "parade-adapters-"))
after(() => rmSync(root, { recursive: true, force: true }))

const [rank, alpha] = [4, 8]
const numbers = (count: number, lane: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => uniform(lane, "noise", i) / 8 - 1 / 16)

const logits = (source: string, options: Partial<LoadOptions> = {}): Promise<readonly number[]> =>
  run(
    Effect.gen(function* () {
      const model = yield* open(source, options)
      const outputs = yield* forwardAll(model, yield* newCache(model), tokenRows([5, 9, 2, 7], 0))
      return Array.from(outputs["logits"]!.data)
    }),
  )

test("A model with adapters gives the logits of one whose weights they were merged into, on every device.", async (t) => {
  const base = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (base === undefined) return
  const [adapters, merged] = [join(root, "adapters"), join(root, "merged")]
  await run(
    Effect.gen(function* () {
      const { tensors } = yield* openCheckpoint(base)
      const modules = new Map(
        ["model.layers.0.self_attn.v_proj", "model.layers.2.mlp.down_proj"].map((module, lane) => {
          const [rows, columns] = tensors.get(`${module}.weight`)!.shape as readonly [number, number]
          return [
            module,
            { rows, columns, a: numbers(rank * columns, lane), b: numbers(rows * rank, lane + 2) },
          ]
        }),
      )
      yield* writeAdapters(adapters, { base, rank, alpha, modules, type: "F32" })
      cpSync(base, merged, { recursive: true })
      rmSync(join(merged, "model.safetensors"))
      yield* writeSafetensors(
        join(merged, "model.safetensors"),
        [...tensors.values()].map(({ name, shape, values }) => ({
          name,
          type: "F32",
          shape,
          bytes: () => {
            const pair = modules.get(name.replace(/\.weight$/, ""))
            const matrix = values()
            return floatBytes(
              pair === undefined ? matrix : mergeLowRank({ ...pair, rank, alpha }, { matrix, ...pair }),
              "F32",
            )
          },
        })),
      )
    }),
  )
  for (const device of ["reference", "cpu"] as const) {
    const expected = await logits(merged, { device })
    assert.notDeepEqual(await logits(base, { device }), expected)
    assert.deepEqual(await logits(base, { device, adapters }), expected)
    // The folder names its base, and a base that was already started is not taken for it.
    assert.deepEqual(await logits(adapters, { device }), expected)
  }
})
