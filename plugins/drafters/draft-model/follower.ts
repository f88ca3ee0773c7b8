import {
  type Cache,
  type CacheFactory,
  type DecodeFailure,
  defaultPrefillChunk,
  firstRows,
  type History,
  Label,
  type Model,
  type OutputRows,
  tokenRows,
  type Visibility,
} from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** A draft model and its own cache, kept in step with the text it drafts for. */
export interface Follower {
  /**
   * Forgets what the text did not become, forwards what it became meanwhile, and gives the logits after its newest
   * token.
   */
  readonly catchUp: Effect.Effect<Float32Array, DecodeFailure>
  /** Forwards a drafted token at the end of what is cached, for now as if it stood; gives the logits after it. */
  readonly extend: (token: number) => Effect.Effect<Float32Array, DecodeFailure>
  /** Forwards drafted tokens that see the text and their ancestors, and keeps nothing of them. */
  readonly look: (
    tokens: ArrayLike<number>,
    levels: ArrayLike<number>,
    parents: ArrayLike<number>,
    wanted: ArrayLike<number>,
  ) => Effect.Effect<OutputRows, DecodeFailure>
  /** Forwards and rows since last asked. */
  readonly counters: () => { readonly draftForwards: number; readonly draftRows: number }
}

/**
 * Opens a cache for a draft model. Rows of drafted tokens are committed so that the next one sees them, and given up
 * again as soon as the text is seen to have gone another way: what stays is what the text is.
 */
export const openFollower = (
  model: Model,
  caches: CacheFactory,
  history: History,
): Effect.Effect<Follower, DecodeFailure, Scope> =>
  Effect.map(Effect.flatMap(model.makeStore, caches.make), (cache) => followerOf(model, cache, history))

const followerOf = (model: Model, cache: Cache, history: History): Follower => {
  let forwards = 0
  let rowsForwarded = 0
  /** Tokens of the text that the cache is known to hold. */
  let agreed = 0

  const forward = (
    rows: ReturnType<typeof tokenRows>,
    wanted: ArrayLike<number>,
    phase: "prefill" | "step",
    visibility?: Visibility,
  ) => {
    forwards++
    rowsForwarded += rows.tokens.length
    return model.forward(rows, {
      cache,
      outputs: wanted.length === 0 ? [] : [{ name: "logits", rows: wanted }],
      phase,
      ...(visibility === undefined ? {} : { visibility }),
    })
  }

  const catchUp = Effect.gen(function* () {
    const { tokens } = history
    const cached = cache.inputs.tokens
    // The newest token is forwarded anew in any case, because its logits are wanted.
    const most = Math.min(cached.length, tokens.length - 1)
    agreed = Math.min(agreed, most)
    while (agreed < most && cached[agreed] === tokens[agreed]) agreed++
    if (agreed < cached.length) yield* cache.retain(firstRows(agreed))
    let logits: OutputRows | undefined
    while (agreed < tokens.length) {
      const end = Math.min(tokens.length, agreed + defaultPrefillChunk)
      const rows = tokenRows(
        tokens.subarray(agreed, end),
        agreed,
        agreed < history.promptLength ? Label.prompt : Label.output,
      )
      const count = end - agreed
      const outputs = yield* forward(
        rows,
        end === tokens.length ? [count - 1] : [],
        agreed < history.promptLength ? "prefill" : "step",
      )
      logits = outputs["logits"]
      yield* cache.commit(firstRows(count))
      agreed = end
      if (agreed < tokens.length) yield* Effect.yieldNow
    }
    return logits!.row(0)
  })

  return {
    catchUp,
    extend: (token) =>
      Effect.flatMap(forward(tokenRows([token], cache.length, Label.output), [0], "step"), (outputs) =>
        Effect.as(cache.commit([0]), outputs["logits"]!.row(0)),
      ),
    look: (tokens, levels, parents, wanted) => {
      const rows = tokenRows(tokens, 0, Label.output)
      for (let i = 0; i < tokens.length; i++) rows.positions[i] = cache.length - 1 + levels[i]!
      return Effect.map(
        forward(rows, wanted, "step", { rule: "tree", parents }),
        (outputs) => outputs["logits"]!,
      )
    },
    counters: () => {
      const counted = { draftForwards: forwards, draftRows: rowsForwarded }
      forwards = 0
      rowsForwarded = 0
      return counted
    },
  }
}
