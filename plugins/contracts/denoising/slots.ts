import {
  type CacheFactory,
  CacheKind,
  readoutNames,
  type Sampler,
  SamplerKind,
  type Slot,
  slot,
  type SlotNeed,
} from "@parade/core"
import { type Refresh, RefreshKind } from "./refresh.ts"
import { type Schedule, ScheduleKind } from "./schedule.ts"

/** The slots of whatever denoises, beside its model and its rules. */
export interface DenoisingSlots {
  readonly [slot: string]: Slot<unknown>
  readonly schedule: Slot<Schedule, false>
  readonly refresh: Slot<Refresh, false>
  readonly sampler: Slot<Sampler, false>
  readonly cache: Slot<CacheFactory, false>
}

/** What denoising is made of where nothing else is said. */
export const denoisingSlots: DenoisingSlots = {
  schedule: slot(ScheduleKind, "Which positions are open.", { use: "@parade/blocks" }),
  refresh: slot(RefreshKind, "Which rows are recomputed.", { use: "@parade/full-refresh" }),
  sampler: slot(SamplerKind, "What tokens are drawn from.", { use: "@parade/standard-sampler" }),
  cache: slot(CacheKind, "Where rows are kept.", { use: "@parade/contiguous" }),
}

/** What something that is made to answer answers with in the end, as the model of a recipe does, beside rules and schedule. */
export const answeringSlots: {
  readonly refresh: Slot<Refresh, false>
  readonly sampler: Slot<Sampler, false>
  readonly cache: Slot<CacheFactory, false>
} = {
  refresh: slot(RefreshKind, "Which rows are recomputed while it answers.", { use: "@parade/full-refresh" }),
  sampler: slot(SamplerKind, "What its tokens are drawn from.", { use: "@parade/standard-sampler" }),
  cache: slot(CacheKind, "Where rows are kept while it answers.", { use: "@parade/contiguous" }),
}

/** What denoising needs of the model in its slot; without readouts it reads whole rows. */
export const denoisingNeeds: readonly SlotNeed[] = [
  { slot: "model", name: "visibility", value: "ranked" },
  { slot: "model", name: "output", value: readoutNames.readout, optional: true },
]
