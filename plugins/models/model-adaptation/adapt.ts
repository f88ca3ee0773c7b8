import { createHash } from "node:crypto"
import { bareName, type Decoder, type Model, type ParadeError } from "@parade/core"
import type { Attention } from "@parade/layers"
import {
  decoderFigures,
  modelFiles,
  type NamedDecoder,
  numberedNames,
  openTrained,
  trainModel,
} from "@parade/model-recipes"
import { type Encode, mixture, type Recipe, RecipeError, type RecipeRun } from "@parade/recipes"
import type { Split, Task } from "@parade/tasks"
import { readArchitecture, type TrainingRequest } from "@parade/transformer"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type AdaptedCheckpoint, adaptedCheckpoint } from "./adapted-checkpoint.ts"
import { adaptationCard } from "./card.ts"
import { feedsOf, lossGraph } from "./loss-graph.ts"
import { noiseDraws, type NoisySequence } from "./noisy-sequence.ts"
import { type LaidPassages, type PassageSource, taskPassages } from "./passages.ts"
import type { AdaptationSettings } from "./settings.ts"

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

/** What fills the recipe's slots, and where it stands. */
export interface AdaptationParts {
  readonly tasks: readonly Task[]
  readonly attention: Attention
  /** Where relative paths start. */
  readonly base: string
  /** The recipe's place in its JSON. */
  readonly path: string
}

const requestOf = (
  adaptation: Adaptation,
  { batch, length }: AdaptationSettings,
  checkpoint: AdaptedCheckpoint,
  attention: Attention,
): { readonly request: TrainingRequest; readonly config: Readonly<Record<string, unknown>> } => {
  const config = { ...checkpoint.config, ...adaptation.config }
  const sequences = { count: batch * adaptation.views, length: 2 * length }
  const architecture = readArchitecture(config, `${checkpoint.folder}: config`)
  return { request: { architecture, attention, tensors: checkpoint.tensors, sequences }, config }
}

const fingerprintOf = (
  { recipe, decisive }: Adaptation,
  settings: AdaptationSettings,
  tasks: readonly Task[],
  { identity }: AdaptedCheckpoint,
  steps: number,
): string => {
  const { shares, seed, length, batch, rate, warmup, weightDecay } = settings
  const own = { shares, seed, length, batch, rate, warmup, weightDecay, ...decisive }
  const hash = createHash("sha256")
    .update(JSON.stringify(own))
    .update(JSON.stringify(tasks.map(({ name, description, size }) => [name, description, size])))
    .update(identity)
  return `${recipe}, ${steps} steps, ${hash.digest("hex").slice(0, 16)}`
}

const follow = (
  adaptation: Adaptation,
  settings: AdaptationSettings,
  parts: AdaptationParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { seed, batch, length, shares, heldOutBatches, answers: count, maxTokens } = settings
    const { folder, device, steps } = run
    const { tasks, attention, base } = parts
    const { recipe, align, ends, terms } = adaptation
    const source = yield* locateSource(settings.source, base)
    const checkpoint = yield* adaptedCheckpoint(source, folder)
    const { mask, tokenizer } = checkpoint
    const { request, config } = requestOf(adaptation, settings, checkpoint, attention)
    const encode: Encode = (text) =>
      tokenizer.encode(text, { addSpecialTokens: false, parseSpecialTokens: false })
    const names = numberedNames(tasks.map(({ name }) => bareName(name)))
    const sources: readonly PassageSource[] = tasks.map((task, i) =>
      taskPassages({ name: names[i]!, task, encode, length, align, ends, mask, seed }),
    )
    const chosen = mixture(shares, seed)
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
    yield* trainModel({
      recipe,
      settings,
      run,
      request,
      config,
      graph: lossGraph(request, mask, device),
      fingerprint: fingerprintOf(adaptation, settings, tasks, checkpoint, steps),
      // Batches that are judged by have the first places.
      batch: (place) =>
        feeds(heldOutBatches + place, (i) =>
          sequenceOf(chosen(place * batch + i), "train", place * batch + i),
        ),
      heldOut: () =>
        sources.map(({ name }, index) => ({
          name,
          batches: Array.from({ length: heldOutBatches }, (_, place) =>
            feeds(place, (i) => sequenceOf(index, "test", place * batch + i)),
          ),
        })),
      finalFigures: Effect.gen(function* () {
        const before = yield* openTrained({ ...run, folder: checkpoint.folder }, recipe, attention)
        const after = yield* openTrained(run, recipe, attention)
        const decoders = [
          { name: "before", decoder: adaptation.plain(before) },
          ...adaptation.decoders(after),
        ]
        const asked = tasks.map((task, i) => ({ name: names[i]!, task }))
        return yield* decoderFigures(decoders, asked, { count, seed, maxTokens })
      }),
      card: (parameters) => adaptationCard(adaptation, settings, tasks, run, parameters),
    })
  })

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
  const { shares, seed, steps, batch, length } = settings
  if (shares.length !== parts.tasks.length)
    throw new RecipeError({
      code: "recipe.bad-shares",
      message: `There are ${shares.length} shares for ${parts.tasks.length} tasks.`,
      advice: "Give one for each.",
      path: `${parts.path}.with.shares`,
    })
  mixture(shares, seed)
  return {
    name: adaptation.recipe,
    description: `${adaptation.makes} of ${settings.source}, on ${parts.tasks.length} tasks`,
    steps,
    tokensPerStep: 2 * adaptation.views * batch * length,
    writes: modelFiles,
    train: (run) => follow(adaptation, settings, parts, run),
  }
}
