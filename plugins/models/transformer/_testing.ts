import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import type { Cache, Model, Outputs, ParadeError, Rows, Visibility } from "@parade/core"
import { tokenRows } from "@parade/core"
import { groupedQueryAttention } from "@parade/grouped-query"
import { naiveCache } from "@parade/test"
import { readSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { load } from "./load.ts"
import type { LoadOptions } from "./load.ts"

/** Graphs that tests keep go to a folder of their own, removed when they end. */
export const temporaryCache = (): void => {
  const folder = mkdtempSync(join(tmpdir(), "parade-transformer-"))
  process.env["PARADE_CACHE"] = folder
  after(() => rmSync(folder, { recursive: true, force: true }))
}

/** A checkpoint on the reference device unless told otherwise. */
export const open = (
  source: string,
  options: Partial<LoadOptions> = {},
): Effect.Effect<Model, ParadeError, Scope> =>
  load({
    source,
    dtype: "auto",
    device: "reference",
    threads: 1,
    attention: groupedQueryAttention,
    ...options,
  })

export const newCache = (model: Model): Effect.Effect<Cache, ParadeError, Scope> =>
  Effect.flatMap(model.makeStore, naiveCache.make)

export const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i)

/** Everything the model has, at every row. */
export const forwardAll = (
  model: Model,
  cache: Cache,
  rows: Rows,
  visibility?: Visibility,
): Effect.Effect<Outputs, ParadeError> =>
  model.forward(rows, {
    cache,
    phase: "prefill",
    outputs: model.info.outputs.map((name) => ({ name, rows: range(rows.tokens.length) })),
    ...(visibility === undefined ? {} : { visibility }),
  })

export const run = <A>(effect: Effect.Effect<A, unknown, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

/** The failure of an effect that must fail. */
export const failureOf = (effect: Effect.Effect<unknown, ParadeError, Scope>): Promise<ParadeError> =>
  run(Effect.flip(effect))

export const allHidden = (layers: number): string[] => [
  ...range(layers + 1).map((layer) => `hidden.${layer}`),
  "hidden.final",
]

/** A reference of the fixtures. */
export interface Reference {
  readonly input_ids: readonly number[]
  readonly position_ids?: readonly number[]
  readonly parents?: readonly number[]
  readonly prefix?: number
  readonly greedy_continuation: readonly number[]
  readonly greedy_margins: readonly number[]
  readonly logits_range: readonly [number, number]
}

export const readReference = (folder: string, name = "reference"): Reference =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Reference

/** The greatest distance of outputs to the reference, per output, as a part of the reference's range of logits. */
export const distances = (
  outputs: Outputs,
  folder: string,
  reference: Reference,
  name = "reference",
): ReadonlyMap<string, number> => {
  const file = readSafetensors(join(folder, `${name}.safetensors`))
  const width = reference.logits_range[1] - reference.logits_range[0]
  const distance = (actual: Float32Array, expected: Float32Array): number => {
    assert.equal(actual.length, expected.length)
    return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0) / width
  }
  const found = new Map<string, number>()
  const hidden = file.tensors.get("hidden_states")!.values()
  for (const [output, { data }] of Object.entries(outputs)) {
    const layer = /^hidden\.(\d+)$/.exec(output)?.[1]
    const expected =
      output === "logits"
        ? file.tensors.get("logits")!.values()
        : output === "hidden.final"
          ? file.tensors.get("final_norm")!.values()
          : hidden.subarray(Number(layer) * data.length, (Number(layer) + 1) * data.length)
    found.set(output, distance(data, expected))
  }
  file.close()
  return found
}

export const argmax = (row: Float32Array): number => {
  let best = 0
  for (let i = 1; i < row.length; i++) if (row[i]! > row[best]!) best = i
  return best
}

/** Greedy decoding over a cache. */
export const greedy = (
  model: Model,
  cache: Cache,
  prompt: readonly number[],
  count: number,
): Effect.Effect<number[], ParadeError> =>
  Effect.gen(function* () {
    const tokens: number[] = []
    let next: readonly number[] = prompt
    while (tokens.length < count) {
      const last = next.length - 1
      const { logits } = yield* model.forward(tokenRows(next, cache.length), {
        cache,
        phase: tokens.length === 0 ? "prefill" : "step",
        outputs: [{ name: "logits", rows: [last] }],
      })
      const token = argmax(logits!.row(0))
      yield* cache.commit(range(next.length))
      tokens.push(token)
      next = [token]
    }
    return tokens
  })

export const mean = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
