import { argmax, type DecodeFailure, logitsDistribution, type Model } from "@parade/core"
import { naiveCache } from "@parade/test"
import * as Effect from "effect/Effect"

export interface ReferenceOptions {
  readonly model: Model
  readonly prompt: readonly number[]
  readonly block: number
  readonly subBlock: number
  readonly threshold: number
  /** Prompt and so many tokens fill whole blocks. */
  readonly count: number
  /** Rows of other sub-blocks are those of the last forward that computed them. */
  readonly reuse?: boolean
}

/** What a forward within a block filled: positions from the first token of the prompt. */
export type Filling = readonly number[]

/**
 * The algorithm of the paper word for word, greedy, without any cache: every forward computes all tokens from the first
 * one under the block-causal mask. Gives the tokens after the prompt, and what each forward within a block filled.
 */
export const referenceDecode = (
  options: ReferenceOptions,
): Effect.Effect<
  { readonly tokens: readonly number[]; readonly fillings: readonly Filling[] },
  DecodeFailure
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { model, prompt, block: D, subBlock: S, threshold, count } = options
      const mask = model.info.maskToken!
      const cache = yield* naiveCache.make(yield* model.makeStore)
      const forward = Effect.fnUntraced(function* (tokens: readonly number[]) {
        const places = Int32Array.from(tokens, (_, i) => i)
        const outputs = yield* model.forward(
          { tokens: Int32Array.from(tokens), positions: places },
          {
            cache,
            visibility: { rule: "ranked", ranks: places.map((place) => Math.floor(place / D)) },
            outputs: [{ name: "logits", rows: places }],
            phase: "step",
          },
        )
        return tokens.map((_, i) => {
          const row = outputs["logits"]!.row(i).slice()
          row[mask] = -Infinity
          return row
        })
      })

      const fillings: number[][] = []
      let x = [...prompt]
      if (x.length % D === 0) x.push(argmax((yield* forward(x)).at(-1)!))
      while (x.length < prompt.length + count) {
        const finished = Math.floor(x.length / D) * D
        const block = Array.from({ length: D }, (_, i) => x[finished + i] ?? mask)
        let seen: number[] | undefined
        for (let u = 0; u < D; u += S) {
          const part = Array.from({ length: S }, (_, i) => u + i)
          while (part.some((i) => block[i] === mask)) {
            const stale = options.reuse === true && seen !== undefined && block[u] !== mask ? seen : block
            const tokens = block.map((token, i) => (i >= u && i < u + S ? token : stale[i]!))
            const logits = yield* forward([...x.slice(0, finished), ...tokens])
            seen = tokens
            const masked = part.filter((i) => block[i] === mask)
            // The hidden state before a position predicts it.
            const rows = masked.map((i) => logits[finished + i - 1]!)
            const best = rows.map(argmax)
            const p = rows.map((row, k) => logitsDistribution(row).probability(best[k]!))
            const surest = p.indexOf(Math.max(...p))
            const chosen = masked.flatMap((_, k) => (p[k]! > threshold || k === surest ? [k] : []))
            for (const k of chosen) block[masked[k]!] = best[k]!
            fillings.push(chosen.map((k) => finished + masked[k]!))
          }
        }
        x = [...x.slice(0, finished), ...block]
        x.push(argmax((yield* forward(x)).at(-1)!))
      }
      return { tokens: x.slice(prompt.length, prompt.length + count), fillings }
    }),
  )
