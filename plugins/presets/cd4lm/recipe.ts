import { definePlugin, type Plugin, slot, slots } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import {
  adaptationSettings,
  comparedRuleSlots,
  correctionSettings,
  distillationFeeds,
  distillation,
  distilledFiles,
  type LaidPassages,
  maskedCheckpoint,
  noiseDraws,
  ruleDecoders,
  taskPassages,
  type TuningContext,
  type TuningPlan,
  tuningRecipe,
} from "@parade/model-adaptation"
import { type Recipe, RecipeKind, listTasks } from "@parade/recipes"
import { integerSetting, TaskKind, numberSetting } from "@parade/tasks"
import { readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { distilledPassages } from "./distilled-passages.ts"
import { softShare } from "./soft-share.ts"

const name = "@parade/cd4lm"

const share = (fallback: number, description: string) => numberSetting(0, 1, fallback, description)

/** What the distillation is told beside where, on what and how long. */
const own = {
  ends: integerSetting(0, 1024, 8, "End tokens behind each answer, beside the first: they are part of it."),
  least: share(0.4, "The student does not see this share of an answer at least."),
  most: share(0.9, "At most."),
  short: integerSetting(
    0,
    65536,
    20,
    "Shorter answers have half of their tokens masked at most, those of half that length two; 0: none do.",
  ),
  temperature: numberSetting(0.1, 100, 2, "Temperature of the divergence (tau)."),
  softFirst: share(
    0.9,
    "How much the divergence from the teacher counts at first (lambda); true tokens count the rest.",
  ),
  softLast: share(0.5, "In the end."),
  soft: Schema.Literals(["student", "teacher"])
    .annotate({
      description:
        "Where the divergence counts: at all that the student does not see, or only at what the teacher does not see either.",
      default: "student",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("student" as const))),
  ...correctionSettings(0, 0),
}
const Own = Schema.Struct(own)
type Own = typeof Own.Type

const planOf = (
  { ends, softFirst, softLast, temperature, rank, alpha, ...levels }: Own,
  { settings, checkpoint, encode, tasks, attention, run, chosen }: TuningContext,
): TuningPlan => {
  const { seed, batch, length, heldOutBatches } = settings
  const { config, mask, tensors, folder } = checkpoint
  const architecture = readArchitecture(config, `${folder}: config`)
  const request = { architecture, attention, tensors, sequences: { count: batch, length } }
  const sources = tasks.map(({ name: task, task: of }) =>
    taskPassages({ name: task, task: of, encode, length, align: 1, ends, mask, seed }),
  )
  const feeds = (place: number, progress: number, sequence: (row: number) => LaidPassages) => {
    const draw = noiseDraws(seed, place)
    const laid = Array.from({ length: batch }, (_, i) => sequence(i))
    const soft = softShare(progress, softFirst, softLast)
    return distillationFeeds(
      request,
      laid.map((each) => distilledPassages(each, { ...levels, mask, draw })),
      { hard: 1 - soft, soft, temperature },
    )
  }
  return {
    request,
    config,
    ...distillation(request, mask, run.device, { rank, alpha, seed }),
    // Batches that are judged by have the first places.
    batch: (place) =>
      feeds(heldOutBatches + place, place / run.steps, (i) =>
        sources[chosen(place * batch + i)]!.sequence("train", place * batch + i),
      ),
    heldOut: () =>
      sources.map((source) => ({
        name: source.name,
        batches: Array.from({ length: heldOutBatches }, (_, place) =>
          feeds(place, 1, (i) => source.sequence("test", place * batch + i)),
        ),
      })),
  }
}

/** The recipe `@parade/cd4lm`: consistency distillation between nested mask levels (DSCD). */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name,
  summary: "Trains a masked-diffusion checkpoint to say at many masks what it says at few.",
  config: Schema.Struct({
    ...adaptationSettings({
      source: "npm:@parade/model-tiny-diffusion/model",
      shares: [0.7, 0.3],
      seed: 0,
      length: 96,
      batch: 16,
      steps: 1000,
      rate: 2e-4,
      warmup: 50,
      weightDecay: 0.01,
      checkpointEvery: 250,
      evaluateEvery: 250,
      heldOutBatches: 4,
      answers: 100,
      maxTokens: 32,
    }),
    ...own,
  }),
  slots: {
    tasks: slots(TaskKind, "What it answers while it is distilled.", listTasks),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    ...comparedRuleSlots(
      [
        {
          use: "@parade/capped",
          rule: { use: "@parade/threshold", with: { threshold: 0.95 } },
        },
        { use: "@parade/fixed-count", with: { steps: 4 } },
      ],
      { use: "@parade/blocks", with: { length: 16 } },
    ),
  },
  make: (config, { tasks, attention, ...rules }, { base, path }) =>
    Effect.sync(() => {
      const { ends, least, most, short, temperature, softFirst, softLast, soft, rank, alpha, ...settings } =
        config
      const special = { ends, least, most, short, temperature, softFirst, softLast, soft, rank, alpha }
      return tuningRecipe(
        {
          recipe: name,
          makes: "a model distilled between nested mask levels",
          writes: distilledFiles(rank),
          open: maskedCheckpoint,
          plan: (context) => Effect.sync(() => planOf(special, context)),
          before: (model) => ruleDecoders(model, rules, "before-"),
          decoders: (model) => ruleDecoders(model, rules),
          decisive: special,
          tokensPerStep: settings.batch * settings.length,
        },
        settings,
        { tasks, attention, base, path },
      )
    }),
})
