import { exerciseTasks } from "@parade/recipes"
import { type CacheFactory, type PipelineNode, type Sampler, type Slot, slot, slots } from "@parade/core"
import { answeringSlots, type Unmasker, UnmaskerKind } from "@parade/denoising"
import { type Attention, AttentionKind } from "@parade/layers"
import { type Task, TaskKind } from "@parade/tasks"

/** The slots of every adaptation. */
export interface AdaptationSlots {
  readonly [slot: string]: Slot<unknown>
  readonly tasks: Slot<Task, true>
  readonly attention: Slot<Attention, false>
  readonly unmaskers: Slot<Unmasker, true>
  readonly sampler: Slot<Sampler, false>
  readonly cache: Slot<CacheFactory, false>
}

/** What an adaptation is made of; `unmaskers` are the rules it answers by in the end where nothing else is said. */
export const adaptationSlots = (unmaskers: readonly PipelineNode[]): AdaptationSlots => ({
  tasks: slots(TaskKind, "What it learns to answer by filling in.", exerciseTasks, { least: 1 }),
  attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
  unmaskers: slots(UnmaskerKind, "The rules it answers by in the end, side by side.", unmaskers),
  sampler: answeringSlots.sampler,
  cache: answeringSlots.cache,
})
