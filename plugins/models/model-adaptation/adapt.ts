import type { Decoder, Model } from "@parade/core"
import type { NamedDecoder } from "@parade/model-recipes"
import type { Recipe } from "@parade/recipes"
import type { Split } from "@parade/tasks"
import { readArchitecture, type TrainingRequest } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { adaptedCheckpoint } from "./adapted-checkpoint.ts"
import { feedsOf, lossGraph } from "./loss-graph.ts"
import { noiseDraws, type NoisySequence } from "./noisy-sequence.ts"
import { type LaidPassages, type PassageSource, taskPassages } from "./passages.ts"
import type { AdaptationSettings } from "./settings.ts"
import { type AdaptationParts, tuningRecipe, type TuningContext, type TuningPlan } from "./tune.ts"

/** How a method makes a model of masks out of one of next tokens. */
export interface Adaptation {
  /** The recipe's name. */
  readonly recipe: string
  /** What it makes, for the model card: `a block-diffusion model`. */
  readonly makes: string
  /** What `config.json` says beside what the checkpoint's says. */
  readonly config: Readonly<Record<string, unknown>>
  /** Passages begin at multiples of it. */
  readonly align: number
  /** End tokens behind each answer, beside the first. */
  readonly ends: number
  /** Noisy copies of a sequence that are trained on side by side. */
  readonly views: number
  /** The copies. */
  readonly noisy: (laid: LaidPassages, mask: number, draw: () => number) => readonly NoisySequence[]
  /** How much each term of the loss counts. */
  readonly terms: readonly number[]
  /** What answers in the end, by the adapted model. */
  readonly decoders: (model: Model) => readonly NamedDecoder[]
  /** What the checkpoint itself answers by. */
  readonly plain: (model: Model) => Decoder
  /** What else decides the result, for resuming. */
  readonly decisive: Readonly<Record<string, unknown>>
}

const planOf = (
  adaptation: Adaptation,
  { settings, checkpoint, encode, tasks, attention, run, chosen }: TuningContext,
): TuningPlan => {
  const { seed, batch, length, heldOutBatches } = settings
  const { align, ends, terms, views } = adaptation
  const { mask, tensors } = checkpoint
  const config = { ...checkpoint.config, ...adaptation.config }
  const request: TrainingRequest = {
    architecture: readArchitecture(config, `${checkpoint.folder}: config`),
    attention,
    tensors,
    sequences: { count: batch * views, length: 2 * length },
  }
  const sources: readonly PassageSource[] = tasks.map(({ name, task }) =>
    taskPassages({ name, task, encode, length, align, ends, mask, seed }),
  )
  const feeds = (place: number, sequence: (row: number) => LaidPassages) => {
    const draw = noiseDraws(seed, place)
    const laid = Array.from({ length: batch }, (_, i) => sequence(i))
    return feedsOf(
      request,
      laid.flatMap((each) => adaptation.noisy(each, mask, draw)),
      terms,
    )
  }
  const sequenceOf = (index: number, split: Split, place: number): LaidPassages =>
    sources[index]!.sequence(split, place)
  return {
    request,
    config,
    graph: lossGraph(request, mask, run.device),
    // Batches that are judged by have the first places.
    batch: (place) =>
      feeds(heldOutBatches + place, (i) => sequenceOf(chosen(place * batch + i), "train", place * batch + i)),
    heldOut: () =>
      sources.map(({ name }, index) => ({
        name,
        batches: Array.from({ length: heldOutBatches }, (_, place) =>
          feeds(place, (i) => sequenceOf(index, "test", place * batch + i)),
        ),
      })),
  }
}

/**
 * The recipe of an adaptation.
 *
 * @throws RecipeError `recipe.bad-shares` where there is not one for each task.
 */
export const adaptationRecipe = (
  adaptation: Adaptation,
  settings: AdaptationSettings,
  parts: AdaptationParts,
): Recipe => {
  const { recipe, makes, decisive, decoders, plain, views } = adaptation
  return tuningRecipe(
    {
      recipe,
      makes,
      decisive,
      decoders,
      open: adaptedCheckpoint,
      plan: (context) => Effect.sync(() => planOf(adaptation, context)),
      before: (model) => [{ name: "before", decoder: plain(model) }],
      tokensPerStep: 2 * views * settings.batch * settings.length,
    },
    settings,
    parts,
  )
}
