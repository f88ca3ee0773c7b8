import { ancestral } from "@parade/ancestral"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import {
  collectText,
  type CommittedEvent,
  type DecodeFailure,
  type Event,
  type FinishedEvent,
  type Request,
  type RoundEvent,
} from "@parade/core"
import { creditDecoding } from "@parade/credit-decoding"
import type { Unmasker } from "@parade/denoising"
import { entropyThreshold } from "@parade/entropy-threshold"
import { exploreThenExploit } from "@parade/explore-then-exploit"
import { factor } from "@parade/factor"
import { fixedCount } from "@parade/fixed-count"
import { freedave } from "@parade/freedave"
import { fullRefresh } from "@parade/full-refresh"
import { localleap } from "@parade/localleap"
import { marginThreshold } from "@parade/margin-threshold"
import { greedySampler, maskedModel } from "@parade/test"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { maskedDiffusion, type MaskedDiffusionOptions } from "./mod.ts"

export const oneByOne: Unmasker = fixedCount({ by: "confidence" })

/** Every rule, with settings that matter for flat random predictions. */
export const unmaskers: readonly Unmasker[] = [
  oneByOne,
  fixedCount({ steps: 3, by: "random" }),
  fixedCount({ steps: 2, by: "margin" }),
  ancestral({ steps: 4 }),
  threshold({ threshold: 0.35 }),
  factor({ factor: 3 }),
  entropyThreshold({ threshold: 1.4 }),
  marginThreshold({ threshold: 0.2 }),
  localleap({ threshold: 0.5, relaxed: 0.3, radius: 2 }),
  creditDecoding({ rule: threshold({ threshold: 0.6 }), strength: 0.65, decay: 0.7, exponent: 0.2 }),
  freedave({ drafts: 3, by: "confidence" }),
  freedave({ drafts: 4, by: "confidence", threshold: 0.4 }),
  exploreThenExploit({
    threshold: 0.5,
    aheadThreshold: 0.7,
    trigger: "stall",
    stall: 1,
    select: "entropy",
    branches: 3,
    weight: 0.2,
  }),
]

export const parts = (change: Partial<MaskedDiffusionOptions> = {}): MaskedDiffusionOptions => ({
  model: maskedModel({ vocabularySize: 7, seed: 1 }),
  sampler: greedySampler,
  schedule: blocks({ length: 4 }),
  refresh: fullRefresh,
  unmasker: oneByOne,
  cache: contiguous(),
  ...change,
})

export const request = (length: number, change: Partial<Request> = {}): Request => ({
  prompt: [{ tokens: [1, 2, 3] }],
  target: { kind: "canvas", length },
  seed: 5,
  ...change,
})

export const finish = (options: MaskedDiffusionOptions, asked: Request): Promise<FinishedEvent> =>
  Effect.runPromise(collectText(maskedDiffusion(options).decode(asked)))

export const events = (options: MaskedDiffusionOptions, asked: Request): Promise<readonly Event[]> =>
  Effect.runPromise(Stream.runCollect(maskedDiffusion(options).decode(asked)))

export const failure = (options: MaskedDiffusionOptions, asked: Request): Promise<DecodeFailure> =>
  Effect.runPromise(Effect.flip(Stream.runDrain(maskedDiffusion(options).decode(asked))))

/** The positions filled in each round. */
export const fillings = (all: readonly Event[]): readonly (readonly number[])[] => {
  const rounds: number[][] = []
  let current: number[] = []
  for (const event of all)
    if (event.type === "committed") {
      const { position, tokens } = event as CommittedEvent
      current.push(...tokens.map((_, i) => position + i))
    } else if (event.type === "round") {
      rounds.push(current)
      current = []
    }
  return rounds
}

export const roundsOf = (all: readonly Event[]): readonly RoundEvent[] =>
  all.filter((event): event is RoundEvent => event.type === "round")

/** The last event, which finishes. */
export const finishedOf = (all: readonly Event[]): FinishedEvent => {
  const last = all.at(-1)
  if (last?.type !== "finished") throw new Error(`the last event is ${last?.type}`)
  return last as FinishedEvent
}
