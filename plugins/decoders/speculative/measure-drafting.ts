import {
  type CostModel,
  type DecodeFailure,
  type MutableSequence,
  prefill,
  rowReader,
  type Transcript,
} from "@parade/core"
import {
  type DraftingCost,
  depthOf,
  type DraftPlan,
  emptyTree,
  freeDrafting,
  outputsUsed,
  planCost,
  roundCost,
  withinBudget,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Planner } from "./planner.ts"
import { promptReadings } from "./readings.ts"
import { speculativeRound } from "./round.ts"
import type { SpeculativeOptions } from "./speculative.ts"

/** Raise it when the measurement changes. */
const FORMAT = 3

/** Turns before the first that counts: the first ones make memory ready. */
const warmUps = 3

/** Turns that are timed; of each kind of round the lower quartile counts: what disturbs a time only adds to it. */
const timed = { least: 5, most: 30, budgetMs: 400 } as const

/** Levels of the shallow and of the deep trees that are timed. */
const depths = { shallow: 1, deep: 4 } as const

/** Rows of the text that the rounds begin with. */
const promptRows = 48

/** Rows that the text may grow to while rounds are timed. */
const mostRows = promptRows + (warmUps + timed.most) * 6 * (depths.deep + 1)

/** A text that nobody reads: it repeats, so that there is something to draft, and does not end. */
const endless = ({ history }: MutableSequence, grow: () => void): Transcript => ({
  tokens: [],
  text: "",
  remaining: mostRows,
  reason: undefined,
  isEnd: () => false,
  append(tokens) {
    for (let i = 0; i < tokens.length; i++) {
      history.append(tokens[i]!)
      grow()
    }
    return tokens.length
  },
  take: () => undefined,
})

interface TimedRound {
  readonly milliseconds: number
  readonly plan: DraftPlan | undefined
  readonly rows: number
  readonly context: number
}

const lowerQuartile = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) >> 2]!

/** Rounds by kind: plain, with a drafter that is asked in vain, and with trees of one and of more levels. */
type TimedRounds = Readonly<Record<"plain" | "empty" | "shallow" | "deep", readonly TimedRound[]>>

/** Times rounds of the decoder itself, in turns. */
const timeRounds = (
  options: SpeculativeOptions,
  cost: CostModel,
): Effect.Effect<TimedRounds, DecodeFailure, Scope> =>
  Effect.gen(function* () {
    const { model, drafter, verifier, sampler, cache, maxDraft = 16 } = options
    const { uses = {} } = drafter
    const { vocabularySize, contextLength } = model.info
    const tokens = Array.from({ length: promptRows }, (_, i) => (1 + ((5 * i) % 12)) % vocabularySize)
    const reader = rowReader(model, sampler, outputsUsed(uses))
    const { watch, readings } = promptReadings(uses)
    const sequence = yield* prefill(model, cache, [{ tokens }], { watch, output: reader.output })
    const draft = yield* drafter.open({
      target: model,
      cost: roundCost(cost),
      history: sequence.history,
      sampler,
      accepts: verifier.accepts,
      seed: 0,
      prompt: readings(),
    })
    /** Nothing for a plain round, 0 for one that asks in vain. */
    let depth: number | undefined
    let round: TimedRound | undefined
    const planner: Planner = {
      rests(_, rows, context) {
        round = { milliseconds: 0, plan: undefined, rows, context }
        return depth === undefined
      },
      plan(budget, rows, context) {
        if (depth === undefined || depth === 0) {
          round = { milliseconds: 0, plan: emptyTree, rows, context }
          return Effect.succeed({ draft, plan: emptyTree })
        }
        const allowed = { ...budget, depth }
        return Effect.map(draft.plan(allowed), (planned) => {
          const plan = withinBudget(planned, allowed)
          round = { milliseconds: 0, plan, rows, context }
          return { draft, plan }
        })
      },
      learn: () => {},
      took: (milliseconds) => {
        round = { ...round!, milliseconds }
      },
    }
    const next = speculativeRound({
      model,
      reader,
      plainReader: rowReader(model, sampler),
      promptReader: reader,
      verifier,
      sequence,
      transcript: endless(sequence, () => sequence.outstanding++),
      seed: 0,
      drafterName: drafter.name,
      uses,
      planner,
      maxDraft: Math.min(maxDraft, 8),
    })
    const at = (levels: number | undefined): Effect.Effect<TimedRound, DecodeFailure> => {
      depth = levels
      return Effect.map(next, () => round!)
    }
    // What follows the prompt is known from its forward.
    yield* next
    const rounds = {
      plain: [] as TimedRound[],
      empty: [] as TimedRound[],
      shallow: [] as TimedRound[],
      deep: [] as TimedRound[],
    }
    let start = performance.now()
    for (let turn = 0; turn < warmUps + timed.most; turn++) {
      if (contextLength - sequence.history.length < 5 * (depths.deep + 2)) break
      if (turn === warmUps) start = performance.now()
      if (turn >= warmUps + timed.least && performance.now() - start > timed.budgetMs) break
      // The first of a kind pays for what the one before left behind, and what a round asks for, the next can propose.
      yield* at(undefined)
      const plain = yield* at(undefined)
      const empty = yield* at(0)
      yield* at(depths.deep)
      const shallow = yield* at(depths.shallow)
      const deep = yield* at(depths.deep)
      if (turn < warmUps) continue
      rounds.plain.push(plain)
      rounds.empty.push(empty)
      rounds.shallow.push(shallow)
      rounds.deep.push(deep)
      yield* Effect.yieldNow
    }
    return rounds
  })

/** What rounds took beyond their rows. */
const fit = (
  { model: { info }, drafter }: SpeculativeOptions,
  cost: CostModel,
  rounds: TimedRounds,
): DraftingCost => {
  if (rounds.plain.length === 0) return freeDrafting
  const scale = lowerQuartile(
    rounds.plain.map(({ milliseconds, rows, context }) => milliseconds / cost.milliseconds(rows, context)),
  )
  const prices = roundCost(cost, { ...freeDrafting, scale })
  const beyond = (some: readonly TimedRound[]): number =>
    lowerQuartile(
      some.map(
        ({ milliseconds, plan, rows, context }) =>
          milliseconds - planCost(prices, plan!, info, rows, context),
      ),
    )
  const [reading, shallow, deep] = [beyond(rounds.empty), beyond(rounds.shallow), beyond(rounds.deep)]
  // Where nothing runs for a level, levels cost their rows alone.
  if (drafter.work === undefined) return { scale, fixed: Math.max(0, reading, deep), perLevel: 0 }
  const levels = (some: readonly TimedRound[]): number =>
    some.reduce((sum, { plan }) => sum + depthOf(plan!), 0) / some.length
  const [few, more] = [levels(rounds.shallow), levels(rounds.deep)]
  const perLevel = more > few ? Math.max(0, (deep - shallow) / (more - few)) : 0
  return { scale, fixed: Math.max(0, reading, shallow - few * perLevel), perLevel }
}

/**
 * What rounds with a drafter cost beside rows of the model: timed with rounds of the decoder itself on a text of its own, once for
 * each model, machine and drafter, and kept with the price of rows. `undefined` where that price is not measured.
 */
export const measureDrafting = (
  options: SpeculativeOptions,
): Effect.Effect<DraftingCost | undefined, DecodeFailure> =>
  Effect.gen(function* () {
    const { model, drafter, maxDraft = 16 } = options
    const cost = yield* model.cost
    if (cost?.keep === undefined) return undefined
    const name = [
      `drafting ${FORMAT}`,
      drafter.name,
      drafter.work ?? "",
      JSON.stringify(drafter.uses ?? {}),
      `${maxDraft}`,
    ]
    const measured = Effect.map(Effect.scoped(timeRounds(options, cost)), (rounds) => {
      const { scale, fixed, perLevel } = fit(options, cost, rounds)
      return [scale, fixed, perLevel]
    })
    const [scale = 1, fixed = 0, perLevel = 0] = yield* cost.keep(name, measured)
    return { scale, fixed, perLevel }
  })
