import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { checkPrompt, chunks, promptRows } from "./_prompt.ts"
import type { CacheFactory } from "./cache.ts"
import type { DecodeFailure } from "./decoder.ts"
import type { Model, OutputRequest, OutputRows, Outputs } from "./model.ts"
import type { PromptCache } from "./prompt-cache.ts"
import type { PromptPart } from "./request.ts"
import { firstRows } from "./rows.ts"
import { makeHistory, type MutableSequence } from "./sequence.ts"

/** Prompt rows that are forwarded at once, unless said otherwise. */
export const defaultPrefillChunk = 256

/** What is read of a prompt beside the logits after it. */
export interface PromptWatch {
  /** Outputs wanted at every row of the prompt. */
  readonly every: readonly string[]
  /** Outputs wanted at the last row. */
  readonly last: readonly string[]
  /** Called with views of them after each chunk: rows from `from` on, or the last row alone. */
  readonly see: (outputs: Outputs, from: number) => void
}

export interface PrefillOptions {
  /** Rows forwarded at once, so that an interruption need not wait for a long prompt. */
  readonly chunk?: number | undefined
  readonly watch?: PromptWatch | undefined
  /** The output that decoding starts from at the last row: `logits`, or a readout of them. */
  readonly output?: string
  /** Where the first rows may be known from; of no use to a watch of every row. */
  readonly promptCache?: PromptCache | undefined
}

const requestsOf = (
  watch: PromptWatch | undefined,
  output: string,
  count: number,
  isLast: boolean,
): OutputRequest[] => {
  const last = [count - 1]
  const requests: OutputRequest[] = (watch?.every ?? []).map((name) => ({ name, rows: firstRows(count) }))
  for (const name of isLast ? [output, ...(watch?.last ?? [])] : [])
    if (!requests.some((request) => request.name === name)) requests.push({ name, rows: last })
  return requests
}

/** An output at the last row, whether of every row or of that one alone, kept from the next forward. */
const lastRow = (name: string, output: OutputRows): Outputs => {
  const data = output.row(output.count - 1).slice()
  return { [name]: { count: 1, width: output.width, data, row: () => data } }
}

/**
 * Opens a cache and forwards the prompt, a chunk at a time. Gives the sequence that decoding starts from: all prompt
 * rows committed, and the logits of the last one or the output named. With a prompt cache only what that does not know
 * is forwarded.
 *
 * Fails with `request.empty-prompt`, `request.prompt-too-long`, `request.unknown-token`, `request.malformed-prompt`.
 */
export const prefill: (
  model: Model,
  caches: CacheFactory,
  prompt: readonly PromptPart[],
  options?: PrefillOptions,
) => Effect.Effect<MutableSequence, DecodeFailure, Scope> = Effect.fnUntraced(function* (
  model,
  caches,
  prompt,
  { chunk = defaultPrefillChunk, watch, output = "logits", promptCache } = {},
) {
  const problem = checkPrompt(model.info, prompt)
  if (problem !== undefined) return yield* Effect.fail(problem)
  const rows = promptRows(model.info, prompt)
  const count = rows.tokens.length
  const cache =
    promptCache === undefined || (watch !== undefined && watch.every.length > 0)
      ? yield* caches.make(yield* model.makeStore)
      : yield* promptCache.open(model, caches, rows)
  const sequence: MutableSequence = {
    cache,
    history: makeHistory(rows.tokens),
    outstanding: count - cache.length,
    outputs: undefined,
  }
  cache.store.expect?.(count)
  for (const piece of chunks(model.info, rows, chunk, cache.length)) {
    const length = piece.tokens.length
    const isLast = sequence.outstanding === length
    const requests = requestsOf(watch, output, length, isLast)
    const outputs = yield* model.forward(piece, { cache, outputs: requests, phase: "prefill" })
    watch?.see(outputs, count - sequence.outstanding)
    if (isLast) sequence.outputs = lastRow(output, outputs[output]!)
    yield* cache.commit(firstRows(length))
    sequence.outstanding -= length
    yield* Effect.yieldNow
  }
  return sequence
})
