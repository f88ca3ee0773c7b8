import { definePlugin, type ParadeError, type Plugin, slot, slots } from "@parade/core"
import { ScheduleKind, UnmaskerKind } from "@parade/denoising"
import { AttentionKind } from "@parade/layers"
import { maskedDiffusion } from "@parade/masked-diffusion"
import {
  adaptationSettings,
  checkFits,
  type ComparedRules,
  comparedRuleSlots,
  correctionSettings,
  distillationFeeds,
  distillation,
  distilledFiles,
  endless,
  maskedCheckpoint,
  mostOf,
  nothingMade,
  ownWork,
  ruleDecoders,
  type TuningContext,
  type TuningPlan,
  tuningRecipe,
} from "@parade/model-adaptation"
import { type Recipe, RecipeError, RecipeKind, listTasks } from "@parade/recipes"
import { integerSetting, type Split, type Task, TaskKind, numberSetting } from "@parade/tasks"
import { readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { distilledStates, packed, rowsOf } from "./distilled-states.ts"
import { recordTrajectories } from "./record-trajectories.ts"
import { statesOf, type Trajectory } from "./trajectory.ts"

const name = "@parade/tad"

const share = (description: string) => numberSetting(0, 100, 1, description)

/** What the distillation is told beside where, on what and how long. */
const own = {
  reference: Schema.NonEmptyString.annotate({
    description:
      "What is asked in place of a question to show its answer; {prompt} and {answer} stand for the exercise's.",
    default: "copy: {answer}",
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("copy: {answer}"))),
  trajectories: integerSetting(1, 1_000_000, 1000, "Questions of each task whose trajectories are recorded."),
  delta: integerSetting(0, 65536, 8, "Steps that are near (delta); 0: none are, all is left to the teacher."),
  temperature: numberSetting(0.1, 100, 1, "Temperature of the divergence (tau)."),
  hardShare: share("How much the cross-entropy at near positions counts."),
  softShare: share("How much the divergence at distant positions counts."),
  ...correctionSettings(0, 16),
}
const Own = Schema.Struct(own)
type Own = typeof Own.Type

type Parts = Pick<ComparedRules, "refresh" | "sampler" | "cache"> & {
  readonly trajectoryUnmasker: ComparedRules["unmaskers"][number]
  readonly trajectorySchedule: ComparedRules["schedule"]
}

/** Held-out questions of each task whose trajectories the losses are evaluated on. */
const heldOutQuestions = 24

const planOf = (
  { reference, trajectories: count, delta, temperature, hardShare, softShare, rank, alpha }: Own,
  { trajectoryUnmasker, trajectorySchedule, refresh, sampler, cache }: Parts,
  path: string,
  context: TuningContext,
): Effect.Effect<TuningPlan, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { settings, checkpoint, encode, tasks, attention, run, chosen } = context
    const { seed, batch, length, heldOutBatches, maxTokens } = settings
    const { config, mask, tensors, folder, identity } = checkpoint
    const described = tasks.map(({ task }) => [task.name, task.description])
    const rules = [trajectoryUnmasker.name, trajectorySchedule.name, refresh.name]
    const recorded = yield* ownWork({
      folder: run.folder,
      file: "trajectories.json",
      decisive: [reference, maxTokens, seed, identity, described, rules],
      tasks,
      counts: { train: count, test: heldOutQuestions },
      maker: Effect.map(context.before, (model) => {
        const decoder = maskedDiffusion({
          model,
          unmasker: trajectoryUnmasker,
          schedule: trajectorySchedule,
          refresh,
          sampler,
          cache,
        })
        const options = { decoder, encode, reference, canvas: maxTokens, seed }
        return (task: Task, split: Split, some: number) => recordTrajectories(task, split, some, options)
      }),
    })
    const none = nothingMade(recorded, tasks)
    if (none !== undefined)
      return yield* Effect.fail(
        new RecipeError({
          code: "recipe.no-trajectories",
          message: `Shown the answers, the checkpoint gives none of them back for ${none}.`,
          advice: "Set `reference` to a question that it answers right once the answer is in it.",
          path,
        }),
      )
    yield* checkFits(mostOf(recorded, rowsOf), length, path, ", or maxTokens lower")
    const perSequence = Math.floor(length / -mostOf(recorded, (one) => -rowsOf(one)))
    const pairs = (list: readonly Trajectory[]) =>
      list.flatMap((trajectory) =>
        Array.from({ length: statesOf(trajectory) }, (_, state) => ({ trajectory, state })),
      )
    const streamOf = endless({ train: recorded.train.map(pairs), test: recorded.test.map(pairs) }, seed)
    const architecture = readArchitecture(config, `${folder}: config`)
    const request = { architecture, attention, tensors, sequences: { count: batch, length } }
    const feeds = (
      sequence: (i: number) => { readonly split: Split; readonly task: number; readonly at: number },
    ) =>
      distillationFeeds(
        request,
        Array.from({ length: batch }, (_, i) => {
          const { split, task, at } = sequence(i)
          const stream = streamOf(split, task)
          return distilledStates(
            packed((index) => stream(at * perSequence + index), length),
            { length, mask, delta },
          )
        }),
        { hard: hardShare, soft: softShare, temperature },
      )
    return {
      request,
      config,
      ...distillation(request, mask, run.device, { rank, alpha, seed }),
      batch: (place) =>
        feeds((i) => ({ split: "train", task: chosen(place * batch + i), at: place * batch + i })),
      heldOut: () =>
        tasks.map((task, index) => ({
          name: task.name,
          batches: Array.from({ length: heldOutBatches }, (_, place) =>
            feeds((i) => ({ split: "test", task: index, at: place * batch + i })),
          ),
        })),
    }
  })

/** The recipe `@parade/tad`: temporal-aware trajectory self-distillation. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name,
  summary: "Trains a masked-diffusion checkpoint on its own trajectories, recorded with the answer shown.",
  config: Schema.Struct({
    ...adaptationSettings({
      source: "npm:@parade/model-tiny-diffusion/model",
      shares: [0.7, 0.3],
      seed: 0,
      length: 96,
      batch: 16,
      steps: 600,
      rate: 1e-3,
      warmup: 50,
      weightDecay: 0.01,
      checkpointEvery: 200,
      evaluateEvery: 200,
      heldOutBatches: 4,
      answers: 100,
      maxTokens: 32,
    }),
    ...own,
  }),
  slots: {
    tasks: slots(TaskKind, "What it answers on the trajectories.", listTasks),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    trajectoryUnmasker: slot(UnmaskerKind, "What trajectories are recorded by: one position a step.", {
      use: "@parade/fixed-count",
    }),
    trajectorySchedule: slot(ScheduleKind, "Which positions are open on a trajectory.", {
      use: "@parade/blocks",
      with: { length: 16 },
    }),
    ...comparedRuleSlots(
      [
        { use: "@parade/fixed-count" },
        { use: "@parade/entropy-threshold", with: { threshold: 0.1 } },
        { use: "@parade/entropy-threshold", with: { threshold: 0.5 } },
      ],
      { use: "@parade/open-blocks", with: { length: 16 } },
    ),
  },
  make: (config, { tasks, attention, trajectoryUnmasker, trajectorySchedule, ...rules }, { base, path }) =>
    Effect.sync(() => {
      const { reference, trajectories, delta, temperature, hardShare, softShare, rank, alpha, ...settings } =
        config
      const special = { reference, trajectories, delta, temperature, hardShare, softShare, rank, alpha }
      const { refresh, sampler, cache } = rules
      const parts = { trajectoryUnmasker, trajectorySchedule, refresh, sampler, cache }
      return tuningRecipe(
        {
          recipe: name,
          makes: "a model distilled from its own trajectories",
          writes: [...distilledFiles(rank), "trajectories.json"],
          open: maskedCheckpoint,
          plan: (context) => planOf(special, parts, path, context),
          before: (model) => ruleDecoders(model, rules, "before-"),
          decoders: (model) => ruleDecoders(model, rules),
          decisive: {
            ...special,
            maxTokens: settings.maxTokens,
            rules: [trajectoryUnmasker.name, trajectorySchedule.name, refresh.name],
          },
          tokensPerStep: settings.batch * settings.length,
        },
        settings,
        { tasks, attention, base, path },
      )
    }),
})
