import {
  type CacheFactory,
  type Model,
  type PipelineNode,
  type Sampler,
  type Slot,
  slot,
  slots,
} from "@parade/core"
import {
  answeringSlots,
  type Refresh,
  type Schedule,
  ScheduleKind,
  type Unmasker,
  UnmaskerKind,
} from "@parade/denoising"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { type NamedDecoder, numberedNames } from "@parade/model-recipes"

/** What a model of masks answers with in the end. */
export interface ComparedRules {
  /** Compared with each other. */
  readonly unmaskers: readonly Unmasker[]
  readonly schedule: Schedule
  readonly refresh: Refresh
  readonly sampler: Sampler
  readonly cache: CacheFactory
}

/** The slots of a recipe that are filled with it. */
export const comparedRuleSlots = (
  unmaskers: readonly PipelineNode[],
  schedule: PipelineNode,
): {
  readonly unmaskers: Slot<Unmasker, true>
  readonly schedule: Slot<Schedule, false>
  readonly refresh: Slot<Refresh, false>
  readonly sampler: Slot<Sampler, false>
  readonly cache: Slot<CacheFactory, false>
} => ({
  unmaskers: slots(UnmaskerKind, "The rules it answers by in the end, side by side.", unmaskers),
  schedule: slot(ScheduleKind, "Which positions are open while it answers.", schedule),
  ...answeringSlots,
})

/** The decoders of a model by their rules' names, behind a prefix. */
export const ruleDecoders = (model: Model, rules: ComparedRules, prefix = ""): readonly NamedDecoder[] => {
  const { unmaskers, schedule, refresh, sampler, cache } = rules
  const names = numberedNames(unmaskers.map(({ name }) => name))
  return unmaskers.map((unmasker, i) => ({
    name: `${prefix}${names[i]!}`,
    decoder: maskedDiffusion({ model, unmasker, schedule, refresh, sampler, cache }),
  }))
}
