import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Cache, CacheFactory } from "./cache.ts"
import type { CacheError, DeviceError } from "./error.ts"
import type { Model } from "./model.ts"
import { firstRows, Label, type Rows } from "./rows.ts"

/**
 * The rows of the last text, for a request whose prompt begins like it: in a conversation each turn forwards what is
 * new, not everything again. One at a time: a request that comes while another uses it gets a cache of its own.
 */
export interface PromptCache {
  /**
   * A cache for a prompt of `rows`, with as many of its first rows committed as are known, but never the last one,
   * whose logits are needed. Given back with the scope.
   */
  readonly open: (
    model: Model,
    caches: CacheFactory,
    rows: Required<Rows>,
  ) => Effect.Effect<Cache, CacheError | DeviceError, Scope.Scope>
}

interface Held {
  readonly model: Model
  readonly caches: CacheFactory
  readonly cache: Cache
  readonly scope: Scope.Closeable
}

/** What was an answer comes back as prompt; other labels are for their owners to compare. */
const sameLabel = (cached: number, asked: number): boolean =>
  cached === asked || (cached === Label.output && asked === Label.prompt)

/** How many rows at the start are the same tokens at the same positions. Vectors are never taken to be the same. */
const commonRows = (cached: Rows, asked: Required<Rows>, axes: number): number => {
  const most = Math.min(cached.tokens.length, asked.tokens.length)
  for (let row = 0; row < most; row++) {
    const token = asked.tokens[row]!
    if (token < 0 || cached.tokens[row] !== token) return row
    if (!sameLabel(cached.labels?.[row] ?? Label.prompt, asked.labels[row]!)) return row
    for (let axis = row * axes; axis < (row + 1) * axes; axis++)
      if (cached.positions[axis] !== asked.positions[axis]) return row
  }
  return most
}

/**
 * A prompt cache, empty at first, that lasts as long as the scope. It serves decoders that start with `prefill`: their
 * rows see what is before them and nothing else, so equal beginnings have equal rows. A sequence that failed is
 * forgotten; one that was interrupted is not, since nothing wrong is ever committed.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { type ChatMessage, collectText, type Decoder, decodeText, makePromptCache } from "@parade/core"
 *
 * const converse = (decoder: Decoder, questions: readonly string[]) =>
 *   Effect.scoped(
 *     Effect.gen(function* () {
 *       const promptCache = yield* makePromptCache
 *       const messages: ChatMessage[] = []
 *       for (const content of questions) {
 *         messages.push({ role: "user", content })
 *         const { text } = yield* collectText(decodeText(decoder, messages, { promptCache }))
 *         messages.push({ role: "assistant", content: text })
 *       }
 *       return messages
 *     }),
 *   )
 * ```
 */
export const makePromptCache: Effect.Effect<PromptCache, never, Scope.Scope> = Effect.map(
  Effect.scope,
  (outer): PromptCache => {
    let held: Held | undefined
    let inUse = false

    const forget = Effect.suspend(() => {
      const { scope } = held ?? {}
      held = undefined
      return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
    })

    const makeCache = (model: Model, caches: CacheFactory): ReturnType<CacheFactory["make"]> =>
      Effect.flatMap(model.makeStore, caches.make)

    /** The held cache cut to what it has in common with the rows; `undefined` where that is nothing. */
    const resume = (model: Model, caches: CacheFactory, rows: Required<Rows>) =>
      Effect.gen(function* () {
        if (held?.model !== model || held.caches !== caches) return undefined
        const { cache } = held
        // What an attention carries along belongs to all rows, not to the first ones.
        if (cache.carry !== undefined) return undefined
        const common = commonRows(cache.inputs, rows, model.info.positionAxes)
        const kept = Math.min(common, rows.tokens.length - 1)
        if (kept === 0) return undefined
        if (kept < cache.length) yield* cache.retain(firstRows(kept))
        return cache
      })

    const renew = (model: Model, caches: CacheFactory) =>
      Effect.gen(function* () {
        yield* forget
        const scope = yield* Scope.fork(outer)
        const cache = yield* makeCache(model, caches).pipe(
          Scope.provide(scope),
          Effect.onError(() => Scope.close(scope, Exit.void)),
        )
        held = { model, caches, cache, scope }
        return cache
      })

    return {
      open: (model, caches, rows) =>
        Effect.suspend(() => {
          if (inUse) return makeCache(model, caches)
          const take = Effect.acquireRelease(
            Effect.sync(() => void (inUse = true)),
            (_, exit) =>
              Effect.andThen(
                Exit.isFailure(exit) && !Exit.hasInterrupts(exit) ? forget : Effect.void,
                Effect.sync(() => void (inUse = false)),
              ),
          )
          return Effect.andThen(
            take,
            Effect.flatMap(resume(model, caches, rows), (found) =>
              found === undefined ? renew(model, caches) : Effect.succeed(found),
            ),
          )
        }),
    }
  },
)
