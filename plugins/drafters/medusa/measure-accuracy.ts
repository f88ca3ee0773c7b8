import type { Model, ParadeError } from "@parade/core"
import { type MeasuredAccuracy, rankCounter } from "@parade/drafting"
import { type Device, tensor, type Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { headsGraph, type HeadWeights } from "./head-graph.ts"
import type { States } from "./states.ts"

/**
 * How often exactly the token of each rank of each head is the model's own, over states that were not trained on; of
 * positions where the text had not ended before (section 2.3.3).
 */
export const measureAccuracy = (
  device: Device,
  { head, info }: Pick<Model, "head" | "info">,
  weights: readonly HeadWeights[],
  states: States,
): Effect.Effect<MeasuredAccuracy, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { width, ahead } = states
    const lowering = { kind: device.lowering, without: device.without }
    const program = yield* device.compile(headsGraph(weights, width, lowering))
    const counter = rankCounter(weights.length, info.vocabularySize)
    for (let row = 0; row < states.count; row++) {
      const hidden = states.hidden.slice(row * width, (row + 1) * width)
      const { rows } = yield* program.run({ hidden: tensor("float32", [1, width], hidden) }, [
        { name: "rows" },
      ])
      const logits = yield* head!((rows as Tensor<"float32">).data.slice())
      for (const i of weights.keys()) {
        const token = states.next[row * ahead + i + 1]!
        if (token >= 0) counter.count(i, logits.row(i), token)
      }
      if (row % 64 === 0) yield* Effect.yieldNow
    }
    return counter.measured()
  })
