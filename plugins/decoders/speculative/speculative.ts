import {
  type CacheFactory,
  type CostModel,
  decodeRounds,
  type Decoder,
  type Model,
  prefill,
  rowReader,
  type Sampler,
  type Verifier,
} from "@parade/core"
import { type Drafter, outputsUsed } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { assumedCost, freeRows } from "./draft-length.ts"
import { makePlanner } from "./planner.ts"
import { promptReadings } from "./readings.ts"
import { speculativeRound } from "./round.ts"

/** What speculative decoding is made of. */
export interface SpeculativeOptions {
  readonly model: Model
  readonly drafter: Drafter
  readonly verifier: Verifier
  readonly sampler: Sampler
  readonly cache: CacheFactory
  /** Nodes verified in a round, at most; 16 by default. */
  readonly maxDraft?: number
  /** Draft only what is worth its rows; true by default. Otherwise drafters plan as if rows were free. */
  readonly adaptive?: boolean
  /** Prompt rows forwarded at once. */
  readonly prefillChunk?: number
}

/**
 * Speculative decoding: in every round a drafter proposes a tree of tokens under the newest one, one forward of the
 * model computes what would follow each, and the verifier keeps a path and adds a token. Drafter and verifier must
 * go together (see `incompatibility` of `@parade/drafting`).
 */
export const speculative = (options: SpeculativeOptions): Decoder => {
  const { model, drafter, verifier, sampler, cache, maxDraft = 16, adaptive = true } = options
  const { uses = {} } = drafter
  const reader = rowReader(model, sampler, outputsUsed(uses))
  return {
    model,
    decode: (request) => {
      const prepare = Effect.suspend(() => {
        const { watch, readings } = promptReadings(uses)
        const sequence = prefill(model, cache, request.prompt, {
          chunk: options.prefillChunk,
          watch,
          output: reader.output,
          promptCache: request.promptCache,
        })
        return Effect.map(sequence, (made) => Object.assign(made, { prompt: readings() }))
      })
      return decodeRounds({
        model,
        request,
        prepare,
        open: (sequence, transcript) =>
          Effect.gen(function* () {
            const cost: CostModel = adaptive ? ((yield* model.cost) ?? assumedCost) : freeRows
            const { history, prompt } = sequence
            const { seed } = request
            const { accepts } = verifier
            const draft = yield* drafter.open({
              target: model,
              cost,
              history,
              sampler,
              accepts,
              seed,
              prompt,
            })
            const planner = makePlanner({
              draft,
              isPoint: drafter.proposes.every((law) => law === "point"),
              adaptive,
              cost,
              info: model.info,
              uses,
              accepts,
            })
            return speculativeRound({
              model,
              reader,
              verifier,
              sequence,
              transcript,
              seed,
              draft,
              drafterName: drafter.name,
              uses,
              planner,
              maxDraft,
            })
          }),
      })
    },
  }
}
