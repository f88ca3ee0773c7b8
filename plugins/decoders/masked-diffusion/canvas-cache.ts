import type { Cache, CacheError, DeviceError } from "@parade/core"
import * as Effect from "effect/Effect"

type Failure = CacheError | DeviceError

/** A cache whose rows are known by their position; their order does not matter, because causality is in the mask. */
export interface CanvasCache {
  readonly cache: Cache
  /** The position of each cached row, in the order of the cache. A view. */
  readonly positions: readonly number[]
  /** Drops the rows of positions that fail the test. */
  readonly keepOnly: (stays: (position: number) => boolean) => Effect.Effect<void, Failure>
  /** Keeps pending rows; `positions` are theirs, in the same order. */
  readonly commit: (rows: ArrayLike<number>, positions: ArrayLike<number>) => Effect.Effect<void, Failure>
}

export const canvasCache = (cache: Cache): CanvasCache => {
  let positions: number[] = []
  return {
    cache,
    get positions(): readonly number[] {
      return positions
    },
    keepOnly: (stays) =>
      Effect.suspend(() => {
        if (positions.every(stays)) return Effect.void
        const rows: number[] = []
        for (const [row, position] of positions.entries()) if (stays(position)) rows.push(row)
        return Effect.map(cache.retain(rows), () => {
          positions = rows.map((row) => positions[row]!)
        })
      }),
    commit: (rows, at) =>
      rows.length === 0
        ? Effect.void
        : Effect.map(cache.commit(rows), () => {
            for (let i = 0; i < at.length; i++) positions.push(at[i]!)
          }),
  }
}
