import type { Model, ParadeError } from "@parade/core"
import { temperatureFit } from "@parade/drafter-recipes"
import { draftIds, type MeasuredAccuracy, rankCounter } from "@parade/drafting"
import { type Device, tensor, type Tensor } from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { embeddingOf, headsGraph, readsToken, type RunningHeads } from "./head-graph.ts"
import { placesOf } from "./states.ts"

/** What is measured of heads. */
export interface MeasuredHeads extends MeasuredAccuracy {
  /** Of heads with a vocabulary of their own: what makes their chances as good as they say. */
  readonly temperatures?: readonly number[]
}

/** Places that temperatures are fitted to, at most. */
const fitted = 1500

/**
 * How often exactly the token of each rank of each head is the model's own, over texts that were not trained on; of
 * positions where the text had not ended before (section 2.3.3).
 */
export const measureAccuracy = (
  device: Device,
  { head, info }: Pick<Model, "head" | "info">,
  heads: RunningHeads,
  texts: readonly ModelText[],
): Effect.Effect<MeasuredHeads, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { width, weights, draft } = heads
    const lowering = { kind: device.lowering, without: device.without }
    const program = yield* device.compile(headsGraph(heads, 1, lowering))
    const places = placesOf(texts)
    const vocabulary = draft?.tokens.length ?? info.vocabularySize
    const ids = draft && draftIds(draft)
    const reads = readsToken(weights)
    const counter = rankCounter(weights.length, vocabulary)
    const fits = draft && weights.map(temperatureFit)
    const fitEvery = Math.ceil(places.count / fitted)
    for (let place = 0; place < places.count; place++) {
      const [text, row] = [places.text(place), places.row(place)]
      const output = draft === undefined ? "rows" : "logits"
      const hidden = tensor("float32", [1, width], text.states(row, row + 1))
      const newest = text.tokens[row + 1]!
      const embedded = reads && embeddingOf(draft!, ids!.get(newest) ?? -1, width)
      const feeds = { hidden, ...(embedded && { embedded: tensor("float32", [1, width], embedded) }) }
      const made = (yield* program.run(feeds, [{ name: output }]))[output] as Tensor<"float32">
      const logits = draft === undefined ? (yield* head!(made.data.slice())).data : made.data
      for (const i of weights.keys()) {
        const token = text.tokens[row + 2 + i]
        if (token === undefined) continue
        const id = ids === undefined ? token : ids.get(token)
        if (id === undefined) {
          counter.miss(i)
          continue
        }
        const own = logits.subarray(i * vocabulary, (i + 1) * vocabulary)
        counter.count(i, own, id)
        if (place % fitEvery === 0) fits?.[i]!.add(own, id)
      }
      if (place % 64 === 0) yield* Effect.yieldNow
    }
    return { ...counter.measured(), ...(fits && { temperatures: fits.map((fit) => fit.best()) }) }
  })
