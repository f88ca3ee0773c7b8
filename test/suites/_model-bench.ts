import {
  type Cache,
  type CacheError,
  type CacheFactory,
  type DeviceError,
  type Model,
  type ModelError,
  rowCount,
  type Rows,
  tokenRows,
  type Visibility,
} from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { integer, stream } from "../_hash.ts"
import { range } from "../_rows.ts"

/** A model on the bench: how to run rows through it and read their logits. */
export interface ModelBench {
  readonly model: Model
  readonly tolerance: number
  readonly cache: Effect.Effect<Cache, CacheError | DeviceError, Scope>
  /** Copies of the logits of all rows of one forward. */
  readonly logits: (
    cache: Cache,
    rows: Rows,
    visibility?: Visibility,
  ) => Effect.Effect<readonly Float32Array[], ModelError | DeviceError | CacheError>
  /** As `logits`, and all rows are committed. */
  readonly advance: (
    cache: Cache,
    tokens: readonly number[],
  ) => Effect.Effect<readonly Float32Array[], ModelError | DeviceError | CacheError>
  /** The logits after a text alone, in a cache of its own. */
  readonly alone: (
    tokens: readonly number[],
  ) => Effect.Effect<Float32Array, ModelError | DeviceError | CacheError>
  /** Pseudo-random tokens. */
  readonly tokens: (seed: number, count: number) => number[]
}

export const modelBench = (model: Model, caches: CacheFactory, tolerance: number): ModelBench => {
  const cache = Effect.flatMap(model.makeStore, caches.make)
  const logits: ModelBench["logits"] = (into, rows, visibility) =>
    Effect.map(
      model.forward(rows, {
        cache: into,
        ...(visibility === undefined ? {} : { visibility }),
        outputs: [{ name: "logits", rows: range(rowCount(rows)) }],
        phase: "step",
      }),
      (outputs) => Array.from({ length: rowCount(rows) }, (_, i) => outputs["logits"]!.row(i).slice()),
    )
  const advance: ModelBench["advance"] = (into, tokens) =>
    Effect.gen(function* () {
      const rows = yield* logits(into, tokenRows(tokens, into.length))
      yield* into.commit(range(tokens.length))
      return rows
    })
  return {
    model,
    tolerance,
    cache,
    logits,
    advance,
    alone: (tokens) =>
      Effect.scoped(
        Effect.gen(function* () {
          const rows = yield* logits(yield* cache, tokenRows(tokens, 0))
          return rows.at(-1)!
        }),
      ),
    tokens: (seed, count) => {
      const next = stream(seed)
      return Array.from({ length: count }, () => integer(next, model.info.vocabularySize))
    },
  }
}
