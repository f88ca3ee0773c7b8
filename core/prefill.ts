import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { checkPrompt, chunks, promptRows } from "./_prompt.ts"
import type { CacheFactory } from "./cache.ts"
import type { DecodeFailure } from "./decoder.ts"
import type { Model } from "./model.ts"
import type { PromptPart } from "./request.ts"
import { firstRows } from "./rows.ts"
import { makeHistory, type MutableSequence } from "./sequence.ts"

/** Prompt rows that are forwarded at once, unless said otherwise. */
export const defaultPrefillChunk = 256

/**
 * Opens a cache and forwards the prompt, `chunk` rows at a time so that interruption need not wait for a long one.
 * Gives the sequence that decoding starts from: all prompt rows committed, and the logits of the last one.
 *
 * Fails with `request.empty-prompt`, `request.prompt-too-long`, `request.unknown-token`, `request.malformed-prompt`.
 */
export const prefill: (
  model: Model,
  caches: CacheFactory,
  prompt: readonly PromptPart[],
  chunk?: number,
) => Effect.Effect<MutableSequence, DecodeFailure, Scope> = Effect.fnUntraced(function* (
  model,
  caches,
  prompt,
  chunk = defaultPrefillChunk,
) {
  const problem = checkPrompt(model.info, prompt)
  if (problem !== undefined) return yield* Effect.fail(problem)
  const rows = promptRows(model.info, prompt)
  const count = rows.tokens.length
  const cache = yield* caches.make(yield* model.makeStore)
  const sequence: MutableSequence = {
    cache,
    history: makeHistory(rows.tokens),
    outstanding: count,
    outputs: undefined,
  }
  for (const piece of chunks(model.info, rows, chunk)) {
    const length = piece.tokens.length
    const isLast = sequence.outstanding === length
    const outputs = isLast ? [{ name: "logits", rows: [length - 1] }] : []
    sequence.outputs = yield* model.forward(piece, { cache, outputs, phase: "prefill" })
    yield* cache.commit(firstRows(length))
    sequence.outstanding -= length
    yield* Effect.yieldNow
  }
  return sequence
})
