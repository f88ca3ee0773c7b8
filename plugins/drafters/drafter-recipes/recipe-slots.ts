import { type CacheFactory, CacheKind, type Slot, slot, slots } from "@parade/core"
import { type Attention, AttentionKind } from "@parade/layers"
import { continuedTasks } from "@parade/recipes"
import { type Task, TaskKind } from "@parade/tasks"

/** The slots of recipes that open the model they are for themselves. */
export interface DrafterRecipeSlots {
  readonly [slot: string]: Slot<unknown>
  readonly tasks: Slot<Task, true>
  readonly attention: Slot<Attention, false>
  readonly cache: Slot<CacheFactory, false>
}

/** What a drafter's recipe is made of where nothing else is said. */
export const drafterRecipeSlots: DrafterRecipeSlots = {
  tasks: slots(TaskKind, "Whose prompts the model continues.", continuedTasks, { least: 1 }),
  attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
  cache: slot(CacheKind, "Where rows are kept while it continues.", { use: "@parade/contiguous" }),
}
