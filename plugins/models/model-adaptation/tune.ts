import { createHash } from "node:crypto"
import { bareName, type Model, type ParadeError } from "@parade/core"
import type { Feeds, Graph, LowRank } from "@parade/graph"
import type { Attention } from "@parade/layers"
import {
  decoderFigures,
  type HeldOut,
  modelFiles,
  type NamedDecoder,
  numberedNames,
  openTrained,
  trainModel,
} from "@parade/model-recipes"
import { type Encode, mixture, type Recipe, RecipeError, type RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import type { TrainingRequest } from "@parade/transformer"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { AdaptedCheckpoint } from "./adapted-checkpoint.ts"
import { adaptationCard } from "./card.ts"
import type { AdaptationSettings } from "./settings.ts"

/** A task by the name its figures are told under. */
export interface NamedTask {
  readonly name: string
  readonly task: Task
}

/** What there is once the checkpoint is open. */
export interface TuningContext {
  readonly settings: AdaptationSettings
  readonly checkpoint: AdaptedCheckpoint
  readonly encode: Encode
  readonly tasks: readonly NamedTask[]
  readonly attention: Attention
  readonly run: RecipeRun
  /** The checkpoint as it decodes before it is trained further. */
  readonly before: Effect.Effect<Model, ParadeError, Scope>
  /** Which of the tasks stands at a place of the stream. */
  readonly chosen: (place: number) => number
}

/** What is trained, on what. */
export interface TuningPlan {
  readonly request: TrainingRequest
  /** What `config.json` says of the result. */
  readonly config: Readonly<Record<string, unknown>>
  /** What `generation_config.json` says of it, if there is one. */
  readonly generation?: Readonly<Record<string, unknown>>
  /** Gives `loss`. */
  readonly graph: Graph
  /** Which weights of the graph are trained; all where absent. */
  readonly trainable?: (name: string) => boolean
  /** Those are corrections of low rank of this rank, and adapters of the checkpoint are what is written. */
  readonly lowRank?: Pick<LowRank, "rank" | "alpha">
  /** The batch at a place of the stream: a function of the place alone. */
  readonly batch: (place: number) => Feeds
  readonly heldOut: () => readonly HeldOut[]
}

/** How a checkpoint is trained further. */
export interface Tuning {
  /** The recipe's name. */
  readonly recipe: string
  /** What it makes, for the model card: `a block-diffusion model`. */
  readonly makes: string
  /** What it writes; a model where absent. */
  readonly writes?: readonly string[]
  /** Opens what is trained further; its tokenizer is written to the folder. */
  readonly open: (source: string, folder: string) => Effect.Effect<AdaptedCheckpoint, ParadeError, Scope>
  readonly plan: (context: TuningContext) => Effect.Effect<TuningPlan, ParadeError, Scope>
  /** What the checkpoint itself answers by. */
  readonly before: (model: Model) => readonly NamedDecoder[]
  /** What answers in the end, by the trained model. */
  readonly decoders: (model: Model) => readonly NamedDecoder[]
  /** What else decides the result, for resuming. */
  readonly decisive: Readonly<Record<string, unknown>>
  /** Tokens that a step sees. */
  readonly tokensPerStep: number
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

const fingerprintOf = (
  { recipe, decisive }: Tuning,
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

/** A checkpoint as adapters name it that may be moved: by its package or its place on a hub, else by its whole path. */
const baseOf = (written: string, located: string): string => (/^(npm|hf):/.test(written) ? written : located)

const follow = (
  tuning: Tuning,
  settings: AdaptationSettings,
  parts: AdaptationParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { seed, shares, answers: count, maxTokens } = settings
    const { folder, steps } = run
    const { tasks, attention, base } = parts
    const { recipe } = tuning
    const source = yield* locateSource(settings.source, base)
    const checkpoint = yield* tuning.open(source, folder)
    const names = numberedNames(tasks.map(({ name }) => bareName(name)))
    const asked = tasks.map((task, i) => ({ name: names[i]!, task }))
    const before = openTrained({ ...run, folder: checkpoint.folder }, recipe, attention)
    const { lowRank, ...plan } = yield* tuning.plan({
      settings,
      checkpoint,
      encode: (text) =>
        checkpoint.tokenizer.encode(text, { addSpecialTokens: false, parseSpecialTokens: false }),
      tasks: asked,
      attention,
      run,
      before,
      chosen: mixture(shares, seed),
    })
    yield* trainModel({
      recipe,
      settings,
      run,
      ...plan,
      ...(lowRank === undefined ? {} : { adapters: { ...lowRank, base: baseOf(settings.source, source) } }),
      fingerprint: fingerprintOf(tuning, settings, tasks, checkpoint, steps),
      finalFigures: Effect.gen(function* () {
        const after = yield* openTrained(run, recipe, attention)
        const decoders = [...tuning.before(yield* before), ...tuning.decoders(after)]
        return yield* decoderFigures(decoders, asked, { count, seed, maxTokens })
      }),
      card: (parameters) => adaptationCard(tuning, settings, tasks, run, parameters),
    })
  })

/**
 * The recipe that trains a checkpoint further.
 *
 * @throws RecipeError `recipe.bad-shares` where there is not one for each task.
 */
export const tuningRecipe = (
  tuning: Tuning,
  settings: AdaptationSettings,
  parts: AdaptationParts,
): Recipe => {
  const { shares, seed, steps } = settings
  if (shares.length !== parts.tasks.length)
    throw new RecipeError({
      code: "recipe.bad-shares",
      message: `There are ${shares.length} shares for ${parts.tasks.length} tasks.`,
      advice: "Give one for each.",
      path: `${parts.path}.with.shares`,
    })
  mixture(shares, seed)
  return {
    name: tuning.recipe,
    description: `${tuning.makes} of ${settings.source}, on ${parts.tasks.length} tasks`,
    steps,
    tokensPerStep: tuning.tokensPerStep,
    writes: tuning.writes ?? modelFiles,
    train: (run) => follow(tuning, settings, parts, run),
  }
}
