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
import {
  type Drafter,
  type DraftingCost,
  noReadings,
  outputsUsed,
  type RoundCost,
  roundCost,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { assumedCost, freeRows } from "./draft-length.ts"
import { isIndependent, type Learnt, makeLearnt } from "./learnt.ts"
import { isPaid, makePlanner } from "./planner.ts"
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
  /** What rounds with this drafter cost beside rows of this model (see `measureDrafting`); nothing where absent. */
  readonly drafting?: DraftingCost | undefined
  /** Prompt rows forwarded at once. */
  readonly prefillChunk?: number
}

/**
 * What is known of the drafter when a text begins: what earlier texts and the clock have taught, where prices are measured and the text
 * is the same whatever is drafted. Otherwise each text begins anew, and its rounds are the same every time.
 */
const knowledge = (options: SpeculativeOptions): ((rows: CostModel | undefined) => Learnt | undefined) => {
  const { model, drafter, verifier, drafting, adaptive = true } = options
  if (!adaptive) return () => undefined
  const isShared = drafting !== undefined && isIndependent(drafter, verifier)
  const fresh = (rows: CostModel | undefined): Learnt =>
    makeLearnt(drafter, model.info, rows ?? assumedCost, drafting, isShared)
  let shared: Learnt | undefined
  return (rows) => (isShared ? (shared ??= fresh(rows)) : fresh(rows))
}

/**
 * Speculative decoding: in every round a drafter proposes a tree of tokens under the newest one, one forward of the
 * model computes what would follow each, and the verifier keeps a path and adds a token. Drafter and verifier must
 * go together (see `incompatibility` of `@parade/drafting`).
 */
export const speculative = (options: SpeculativeOptions): Decoder => {
  const { model, drafter, verifier, sampler, cache, maxDraft = 16 } = options
  const { uses = {} } = drafter
  const reader = rowReader(model, sampler, outputsUsed(uses))
  const plainReader = rowReader(model, sampler)
  const learntBy = knowledge(options)
  return {
    model,
    decode: (request) => {
      const prepare = Effect.gen(function* () {
        const learnt = learntBy(options.adaptive === false ? undefined : yield* model.cost)
        // A drafter that rests when the text begins is shown nothing of the prompt.
        const isResting = learnt !== undefined && isPaid(drafter) && !learnt.trial.isOn()
        const { watch, readings } = promptReadings(isResting ? {} : uses)
        const promptReader = isResting ? plainReader : reader
        const sequence = yield* prefill(model, cache, request.prompt, {
          chunk: options.prefillChunk,
          watch,
          output: promptReader.output,
          promptCache: request.promptCache,
        })
        const prompt = isResting ? noReadings : readings()
        return Object.assign(sequence, { learnt, promptReader, prompt })
      })
      return decodeRounds({
        model,
        request,
        prepare,
        open: (sequence, transcript) =>
          Effect.gen(function* () {
            const { history, learnt, promptReader, prompt } = sequence
            const { seed } = request
            const { accepts } = verifier
            const cost: RoundCost = learnt?.prices ?? roundCost(freeRows)
            const scope = yield* Effect.scope
            const opening = Effect.suspend(() =>
              drafter.open({
                target: model,
                cost,
                history,
                sampler,
                accepts,
                seed,
                // Between the prompt and the newest token nothing may be missing.
                prompt: history.length === history.promptLength + 1 ? prompt : noReadings,
              }),
            )
            const draft = yield* Effect.cached(Effect.provideService(opening, Scope.Scope, scope))
            return speculativeRound({
              model,
              reader,
              plainReader,
              promptReader,
              verifier,
              sequence,
              transcript,
              seed,
              drafterName: drafter.name,
              uses,
              planner: makePlanner({ drafter, draft, learnt, info: model.info, accepts }),
              maxDraft,
            })
          }),
      })
    },
  }
}
