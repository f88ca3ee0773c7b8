import { definePlugin, type ParadeError, type Plugin, slot, slots } from "@parade/core"
import { UnmaskerKind } from "@parade/denoising"
import { isLowRank } from "@parade/graph"
import { AttentionKind } from "@parade/layers"
import { maskedDiffusion } from "@parade/masked-diffusion"
import {
  adaptationSettings,
  checkFits,
  type ComparedRules,
  comparedRuleSlots,
  correctionSettings,
  endless,
  layerCorrections,
  maskedCheckpoint,
  mostOf,
  noiseDraws,
  nothingMade,
  ownWork,
  ruleDecoders,
  type TuningContext,
  type TuningPlan,
  tuningRecipe,
} from "@parade/model-adaptation"
import { adapterFiles } from "@parade/model-recipes"
import { type Recipe, RecipeError, RecipeKind, answeredTasks } from "@parade/recipes"
import { integerSetting, type Split, type Task, TaskKind, numberSetting } from "@parade/tasks"
import { readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { certaintyFeeds, certaintyLoss, type OwnAnswer } from "./certainty-loss.ts"
import { ownAnswers } from "./own-answers.ts"

const name = "@parade/dparallel"

/** What the distillation is told beside where, on what and how long. */
const own = {
  questions: integerSetting(1, 1_000_000, 1000, "Questions of each task that the checkpoint answers itself."),
  block: integerSetting(
    1,
    65536,
    32,
    "Tokens of a block: one is learnt at a time, what follows it is masked.",
  ),
  hidden: numberSetting(0, 1, 0.5, "The share of a block that is masked in the first of its two views."),
  beta: numberSetting(0, 1000, 2, "How much certainty counts beside the cross-entropy (beta)."),
  temperature: numberSetting(0.05, 100, 0.5, "Divides the logits whose entropy is lowered (tau)."),
  ...correctionSettings(1, 16),
}
const Own = Schema.Struct(own)
type Own = typeof Own.Type

/** Held-out questions of each task whose answers the losses are evaluated on. */
const heldOutQuestions = 64

type Parts = Pick<ComparedRules, "schedule" | "refresh" | "sampler" | "cache"> & {
  readonly answerer: ComparedRules["unmaskers"][number]
}

const planOf = (
  { questions, block, hidden: share, beta, temperature, rank, alpha }: Own,
  { answerer, ...decoding }: Parts,
  path: string,
  { settings, checkpoint, encode, tasks, attention, run, before, chosen }: TuningContext,
): Effect.Effect<TuningPlan, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { seed, batch, length, heldOutBatches, maxTokens: canvas } = settings
    const { config, mask, tensors, folder, identity } = checkpoint
    const described = tasks.map(({ task }) => [task.name, task.description])
    const rules = [answerer.name, decoding.schedule.name, decoding.refresh.name]
    const answers = yield* ownWork({
      folder: run.folder,
      file: "answers.json",
      decisive: [canvas, seed, identity, described, rules],
      tasks,
      counts: { train: questions, test: heldOutQuestions },
      maker: Effect.map(before, (model) => {
        const decoder = maskedDiffusion({ model, unmasker: answerer, ...decoding })
        return (task: Task, split: Split, count: number) =>
          ownAnswers(task, split, count, { decoder, encode, canvas, seed })
      }),
    })
    const none = nothingMade(answers, tasks)
    if (none !== undefined)
      return yield* Effect.fail(
        new RecipeError({
          code: "recipe.no-answers",
          message: `The checkpoint answers nothing of ${none} right.`,
          advice: "Leave the task out, or let it answer more `questions`.",
          path,
        }),
      )
    const longest = mostOf(answers, ({ prompt, answer }) => prompt.length + answer.length)
    yield* checkFits(longest, length, path, ", or maxTokens lower")
    const streamOf = endless(answers, seed)
    const architecture = readArchitecture(config, `${folder}: config`)
    const request = { architecture, attention, tensors, sequences: { count: 2 * batch, length } }
    const feeds = (place: number, answer: (row: number) => OwnAnswer) =>
      certaintyFeeds(
        request,
        Array.from({ length: batch }, (_, i) => answer(i)),
        { mask, block, share, draw: noiseDraws(seed, place) },
      )
    return {
      request,
      config,
      graph: certaintyLoss(request, run.device, {
        mask,
        beta,
        temperature,
        lowRank: layerCorrections({ rank, alpha }, seed),
      }),
      trainable: isLowRank,
      lowRank: { rank, alpha },
      // Batches that are judged by have the first places.
      batch: (place) =>
        feeds(heldOutBatches + place, (i) => streamOf("train", chosen(place * batch + i))(place * batch + i)),
      heldOut: () =>
        tasks.map((task, index) => ({
          name: task.name,
          batches: Array.from({ length: heldOutBatches }, (_, place) =>
            feeds(place, (i) => streamOf("test", index)(place * batch + i)),
          ),
        })),
    }
  })

/** The recipe `@parade/dparallel`: certainty-forcing distillation of a checkpoint on its own right answers. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name,
  summary: "Trains adapters of a masked-diffusion checkpoint that make it certain where it is right.",
  config: Schema.Struct({
    ...adaptationSettings({
      source: "npm:@parade/model-tiny-diffusion/model",
      shares: [0.4, 0.2, 0.25, 0.15],
      seed: 0,
      length: 80,
      batch: 16,
      steps: 800,
      rate: 1e-3,
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
    tasks: slots(TaskKind, "What it answers, and is distilled on.", answeredTasks),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    answerer: slot(UnmaskerKind, "What the checkpoint's own answers are filled by: one position per step.", {
      use: "@parade/fixed-count",
    }),
    ...comparedRuleSlots(
      [
        { use: "@parade/fixed-count" },
        { use: "@parade/threshold" },
        { use: "@parade/entropy-threshold", with: { threshold: 0.5 } },
      ],
      { use: "@parade/blocks", with: { length: 32 } },
    ),
  },
  make: (config, { tasks, attention, answerer, ...rules }, { base, path }) =>
    Effect.sync(() => {
      const { questions, block, hidden, beta, temperature, rank, alpha, ...settings } = config
      const special = { questions, block, hidden, beta, temperature, rank, alpha }
      const { unmaskers: _, ...decoding } = rules
      return tuningRecipe(
        {
          recipe: name,
          makes: "adapters that make a checkpoint certain",
          writes: [...adapterFiles, "answers.json"],
          open: maskedCheckpoint,
          plan: (context) => planOf(special, { ...decoding, answerer }, path, context),
          before: (model) => ruleDecoders(model, rules, "before-"),
          decoders: (model) => ruleDecoders(model, rules),
          decisive: special,
          tokensPerStep: 2 * settings.batch * settings.length,
        },
        settings,
        { tasks, attention, base, path },
      )
    }),
})
