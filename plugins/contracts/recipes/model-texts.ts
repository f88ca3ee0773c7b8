import {
  argmax,
  type CacheFactory,
  firstRows,
  type Model,
  type ParadeError,
  tokenRows,
  type Visibility,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { joined } from "./_joined.ts"

/** A prompt with what the model itself says after it. */
export interface ModelText {
  readonly tokens: Int32Array
  /** Where the model's own words begin. */
  readonly from: number
  /**
   * An output at every token but the last, which was not forwarded, `[tokens - 1, width]`, or at those from `from` to before
   * `to`; empty where none was read. May be read from a file each time.
   */
  readonly states: (from?: number, to?: number) => Float32Array
}

/** What is collected. */
export interface ModelTextChoice {
  /** Tokens of a continuation, at most. */
  readonly continuation: number
  /** Continuations of fewer tokens are left out. */
  readonly least: number
  /** An output of the model that is read at every row. */
  readonly output?: string
}

/**
 * Texts that grow side by side, at most: one forward of so many rows costs a fraction of as many forwards, until attention
 * over all their rows, most of which a mask hides, outweighs that: of 16 rows over 200 tokens of SmolLM2 each it takes three quarters.
 */
const sideBySide = 8

/** A text as it grows. */
interface Growing {
  readonly tokens: number[]
  readonly from: number
  readonly states: Float32Array[]
  /** Its last tokens, which were not forwarded yet. */
  fresh: number
}

/** Which rows the new rows of texts see in a cache that holds the rows of all of them: those of their own text. */
const ownRows = (cached: readonly Growing[], fresh: readonly Growing[]): Visibility => {
  const columns = cached.length + fresh.length
  const mask = new Uint8Array(fresh.length * columns)
  for (const [row, own] of fresh.entries()) {
    const at = row * columns
    for (let j = 0; j < cached.length; j++) if (cached[j] === own) mask[at + j] = 1
    for (let j = 0; j <= row; j++) if (fresh[j] === own) mask[at + cached.length + j] = 1
  }
  return { rule: "dense", mask }
}

const modelText = (tokens: Int32Array, from: number, states: readonly Float32Array[]): ModelText => {
  const all = joined(states)
  const each = all.length / Math.max(1, tokens.length - 1)
  return {
    tokens,
    from,
    states: (first = 0, end = tokens.length - 1) => all.subarray(first * each, end * each),
  }
}

/** Rows of a text that are forwarded at once. */
const chunk = 128

/** Texts with an output of the model at their rows, each forwarded once. */
export const readStates = (
  model: Model,
  caches: CacheFactory,
  texts: readonly ModelText[],
  output: string,
): Effect.Effect<readonly ModelText[], ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* caches.make(yield* model.makeStore)
      const found: ModelText[] = []
      for (const { tokens, from } of texts) {
        const states: Float32Array[] = []
        for (let at = 0; at < tokens.length - 1; at += chunk) {
          const some = tokens.subarray(at, Math.min(at + chunk, tokens.length - 1))
          const outputs = [{ name: output, rows: firstRows(some.length) }]
          const result = yield* model.forward(tokenRows(some, at), { cache, outputs, phase: "prefill" })
          states.push(result[output]!.data.slice(0, some.length * result[output]!.width))
          yield* cache.commit(firstRows(some.length))
        }
        found.push(modelText(tokens, from, states))
        yield* cache.retain([])
        yield* Effect.yieldNow
      }
      return found
    }),
  )

/** What the model says after prompts, in their order: several texts in one forward where it can tell their rows apart. */
export const continueTexts = (
  model: Model,
  caches: CacheFactory,
  prompts: readonly Int32Array[],
  { continuation, output }: Omit<ModelTextChoice, "least">,
): Effect.Effect<readonly ModelText[], ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { contextLength, endTokens, visibility } = model.info
      const cache = yield* caches.make(yield* model.makeStore)
      const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0) + continuation
      const together = visibility.includes("dense")
        ? Math.max(1, Math.min(sideBySide, Math.floor(contextLength / longest)))
        : 1
      const texts = prompts.map((prompt): Growing => ({
        tokens: [...prompt],
        from: prompt.length,
        states: [],
        fresh: prompt.length,
      }))
      /** Whose each committed row is. */
      let owners: readonly Growing[] = []
      const goesOn = ({ tokens, from }: Growing): boolean =>
        tokens.length < contextLength &&
        tokens.length - from < continuation &&
        (tokens.length === from || !endTokens.includes(tokens.at(-1)!))
      const forward = (some: readonly Growing[], phase: "prefill" | "step") =>
        Effect.gen(function* () {
          const fresh = some.flatMap((text) => Array.from({ length: text.fresh }, () => text))
          const ends = some.map((_, i) => some.slice(0, i + 1).reduce((sum, text) => sum + text.fresh, 0))
          const outputs = [{ name: "logits", rows: ends.map((end) => end - 1) }]
          if (output !== undefined) outputs.push({ name: output, rows: [...fresh.keys()] })
          const rows = {
            tokens: Int32Array.from(some.flatMap((text) => text.tokens.slice(-text.fresh))),
            positions: Int32Array.from(
              some.flatMap(({ tokens, fresh: count }) =>
                Array.from({ length: count }, (_, i) => tokens.length - count + i),
              ),
            ),
          }
          const seen = together > 1 ? { visibility: ownRows(owners, fresh) } : {}
          const result = yield* model.forward(rows, { cache, outputs, phase, ...seen })
          for (const [i, text] of some.entries()) {
            if (output !== undefined) {
              const { width, data } = result[output]!
              text.states.push(data.slice((ends[i]! - text.fresh) * width, ends[i]! * width))
            }
            text.tokens.push(argmax(result["logits"]!.row(i)))
            text.fresh = 1
          }
          yield* cache.commit(firstRows(fresh.length))
          owners = [...owners, ...fresh]
        })
      const waiting = texts.filter(goesOn)
      const active: Growing[] = []
      while (waiting.length > 0 || active.length > 0) {
        const entering = active.length < together ? waiting.shift() : undefined
        if (entering === undefined) yield* forward(active, "step")
        else {
          active.push(entering)
          yield* forward([entering], "prefill")
        }
        const going = active.filter(goesOn)
        if (going.length === active.length) continue
        active.splice(0, active.length, ...going)
        const kept = [...owners.keys()].filter((row) => going.includes(owners[row]!))
        yield* cache.retain(kept)
        owners = kept.map((row) => owners[row]!)
        yield* Effect.yieldNow
      }
      return texts.map(({ tokens, from, states }) => modelText(Int32Array.from(tokens), from, states))
    }),
  )
