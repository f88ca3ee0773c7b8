import {
  argmax,
  causal,
  type DecodeFailure,
  firstRows,
  logitsDistribution,
  type Model,
  tokenRows,
} from "@parade/core"
import { naiveCache } from "@parade/test"
import * as Effect from "effect/Effect"

export interface ReferenceOptions {
  readonly model: Model
  readonly prompt: readonly number[]
  readonly window: number
  readonly threshold: number
  readonly penalty: number
  readonly maxTokens: number
}

/**
 * Streaming decoding as the paper writes it, greedy, to the last token: known tokens are moved in front of the masks,
 * rows see what comes physically before them, and the leading known ones are committed after the forward. Gives the
 * tokens, and per forward the positions it filled and the rows it carried.
 */
export const referenceDecode = (
  options: ReferenceOptions,
): Effect.Effect<
  {
    readonly tokens: readonly number[]
    readonly fillings: readonly (readonly number[])[]
    readonly rows: readonly number[]
  },
  DecodeFailure
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { model, prompt, window, threshold, penalty, maxTokens } = options
      const mask = model.info.maskToken!
      const cache = yield* naiveCache.make(yield* model.makeStore)
      yield* model.forward(tokenRows(prompt, 0), { cache, outputs: [], phase: "prefill" })
      yield* cache.commit(firstRows(prompt.length))

      const out: number[] = []
      const fillings: number[][] = []
      const rows: number[] = []
      let c = prompt.length
      let win: { token: number; isMask: boolean }[] = []
      const refill = (count: number): void => {
        const budget = maxTokens - out.length - win.length
        for (let i = 0; i < Math.min(count, budget); i++) win.push({ token: mask, isMask: true })
      }
      refill(window)
      for (;;) {
        const firstMask = win.findIndex(({ isMask }) => isMask)
        const n = firstMask < 0 ? win.length : firstMask
        refill(n)
        if (n === win.length) break
        const places = win.map((_, i) => i)
        const order = [...places.filter((i) => !win[i]!.isMask), ...places.filter((i) => win[i]!.isMask)]
        const outputs = yield* model.forward(
          {
            tokens: Int32Array.from(order, (i) => win[i]!.token),
            positions: Int32Array.from(order, (i) => c + i),
          },
          {
            cache,
            visibility: causal(order.length),
            outputs: [{ name: "logits", rows: firstRows(order.length) }],
            phase: "step",
          },
        )
        rows.push(order.length)
        const masks = order
          .map((place, row) => ({ place: place - n, row }))
          .filter(({ place }) => place >= 0 && win[place + n]!.isMask)
          .map(({ place, row }) => {
            const logits = outputs["logits"]!.row(row).slice()
            logits[mask] = -Infinity
            return { place, logits, entropy: logitsDistribution(logits).entropy() + penalty * place }
          })
        yield* cache.commit(firstRows(n))
        out.push(...win.slice(0, n).map(({ token }) => token))
        c += n
        win = win.slice(n)

        const lowest = masks.reduce((best, other) => (other.entropy < best.entropy ? other : best))
        const chosen = masks.filter((each) => each.entropy < threshold || each === lowest)
        for (const { place, logits } of chosen) win[place] = { token: argmax(logits), isMask: false }
        fillings.push(chosen.map(({ place }) => c + place))
      }
      return { tokens: [...out, ...win.map(({ token }) => token)], fillings, rows }
    }),
  )
