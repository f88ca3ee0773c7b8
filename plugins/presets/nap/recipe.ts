import { definePlugin, type Model, type ParadeError, type Plugin, slot, slots } from "@parade/core"
import { answeringSlots, ScheduleKind, UnmaskerKind } from "@parade/denoising"
import { isLowRank } from "@parade/graph"
import { AttentionKind } from "@parade/layers"
import { maskedDiffusion } from "@parade/masked-diffusion"
import {
  adaptationSettings,
  checkFits,
  correctionSettings,
  distilledFiles,
  feedsOf,
  layerCorrections,
  lossGraph,
  maskedCheckpoint,
  noiseDraws,
  type TuningContext,
  type TuningPlan,
  tuningRecipe,
} from "@parade/model-adaptation"
import { type NamedDecoder, numberedNames } from "@parade/model-recipes"
import { type Recipe, type RecipeError, RecipeKind } from "@parade/recipes"
import { type Split, TaskKind, numberSetting } from "@parade/tasks"
import { readArchitecture } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { traceCanvas, type TraceLayout } from "./layout.ts"
import { maskedTraces } from "./masked-traces.ts"
import { layoutFields } from "./plugin.ts"
import { traceDecoder } from "./trace-decoder.ts"
import { tracePassage } from "./trace-passage.ts"

const name = "@parade/nap"

const yes = (fallback: boolean, description: string) =>
  Schema.Boolean.annotate({ description, default: fallback }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(fallback)),
  )

interface Own extends TraceLayout {
  readonly wrong: number
  readonly joined: boolean
  readonly structured: boolean
  readonly weighting: number
  readonly rank: number
  readonly alpha: number
}

/** Where traces stand: as told, or, joined, in one that is as long as all. */
const layoutOf = ({ joined, traces, traceLength, ...rest }: Own): TraceLayout =>
  joined ? { ...rest, traces: 1, traceLength: traces * traceLength } : { ...rest, traces, traceLength }

const planOf = (
  own: Own,
  path: string,
  { settings, checkpoint, encode, tasks, attention, run, chosen }: TuningContext,
): Effect.Effect<TuningPlan, ParadeError> =>
  Effect.gen(function* () {
    const { seed, batch, length, heldOutBatches } = settings
    const { config, mask, tensors, folder, tokenizer } = checkpoint
    const architecture = readArchitecture(config, `${folder}: config`)
    const request = { architecture, attention, tensors, sequences: { count: batch, length } }
    const canvas = traceCanvas(layoutOf(own), tokenizer.encode)
    const options = { canvas, encode, wrong: own.wrong, joined: own.joined ? own.traces : undefined }
    const passage = (task: number, split: Split, index: number) =>
      tracePassage(tasks[task]!.task.example(split, index, seed), options)
    // The first of each says what it takes, and whether it has derivations.
    const longest = yield* Effect.try({
      try: () =>
        Math.max(
          ...tasks.map((_, task) => {
            const { prompt, canvas: cells } = passage(task, "train", 0)
            return prompt.length + cells.length
          }),
        ),
      catch: (cause) => cause as RecipeError,
    })
    yield* checkFits(longest, length, `${path}.with.length`)
    const perSequence = Math.floor(length / longest)
    const { structured, weighting, rank, alpha } = own
    const lowRank = rank === 0 ? undefined : layerCorrections({ rank, alpha }, seed)
    const shift = architecture.maskedRowPredicts === "next" ? 1 : 0
    const feeds = (place: number, split: Split, task: (i: number) => number) => {
      const draw = noiseDraws(seed, place)
      const sequences = Array.from({ length: batch }, (_, i) => {
        const some = []
        let left = length
        for (let k = 0; k < perSequence; k++) {
          const next = passage(task(i), split, (place * batch + i) * perSequence + k)
          left -= next.prompt.length + next.canvas.length
          if (left < 0) break
          some.push(next)
        }
        return maskedTraces(some, { length, mask, structured, weighting, shift, draw })
      })
      return feedsOf(request, sequences, [1])
    }
    return {
      request,
      config,
      generation: { example_prompt: tasks[0]!.task.example("test", 0, seed).prompt.trim() },
      graph: lossGraph(request, mask, run.device, lowRank),
      ...(lowRank && { trainable: isLowRank, lowRank: { rank, alpha } }),
      // Batches that are judged by have the first places.
      batch: (place) => feeds(heldOutBatches + place, "train", (i) => chosen(place * batch + i)),
      heldOut: () =>
        tasks.map((task, index) => ({
          name: task.name,
          batches: Array.from({ length: heldOutBatches }, (_, place) => feeds(place, "test", () => index)),
        })),
    }
  })

/** How traces stand on the canvas that the recipe trains on where nothing else is said, and so its model. */
export const trainedLayout: TraceLayout = {
  traces: 3,
  traceLength: 8,
  summaryLength: 2,
  open: "{n}:",
  close: "",
  summary: "=",
}

/** The recipe `@parade/nap`: masked diffusion on several derivations of each answer. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name,
  summary: "Trains a masked-diffusion checkpoint on several derivations of each answer and a summary.",
  config: Schema.Struct({
    ...adaptationSettings({
      source: "npm:@parade/model-tiny-diffusion/model",
      shares: [1],
      seed: 0,
      length: 96,
      batch: 16,
      steps: 4000,
      rate: 1e-3,
      warmup: 50,
      weightDecay: 0.01,
      checkpointEvery: 250,
      evaluateEvery: 500,
      heldOutBatches: 4,
      answers: 200,
      maxTokens: 2,
    }),
    ...layoutFields(trainedLayout),
    wrong: numberSetting(0, 1, 0.1, "The share of derivations that go wrong somewhere; answers never do."),
    joined: yes(false, "All derivations in one trace, each going on from the one before: the control."),
    structured: yes(true, "The summary is masked wholly until most of the traces stands."),
    weighting: numberSetting(
      0,
      1,
      0,
      "How much more a masked token counts the fewer are masked: 1 is LLaDA's bound, 0 not at all.",
    ),
    ...correctionSettings(0, 0),
  }),
  slots: {
    tasks: slots(TaskKind, "What it answers, with derivations.", [{ use: "@parade/digit-sums" }]),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    unmaskers: slots(UnmaskerKind, "The rules it answers by in the end, side by side.", [
      { use: "@parade/budget", with: { tokens: 3 } },
      { use: "@parade/budget", with: { tokens: 6 } },
      { use: "@parade/budget", with: { tokens: 12 } },
    ]),
    schedules: slots(ScheduleKind, "The orders it answers in, side by side: forced, and any.", [
      { use: "@parade/traces" },
      { use: "@parade/whole-canvas" },
    ]),
    ...answeringSlots,
  },
  make: (config, { tasks, attention, unmaskers, schedules, refresh, sampler, cache }, { base, path }) =>
    Effect.sync(() => {
      const { traces, traceLength, summaryLength, open, close, summary, ...rest } = config
      const { wrong, joined, structured, weighting, rank, alpha, ...settings } = rest
      const layout = { traces, traceLength, summaryLength, open, close, summary }
      const own = { ...layout, wrong, joined, structured, weighting, rank, alpha }
      const decoders =
        (prefix: string) =>
        (model: Model): readonly NamedDecoder[] => {
          const all = schedules.flatMap((schedule) => unmaskers.map((unmasker) => ({ schedule, unmasker })))
          const names = numberedNames(
            all.map(({ schedule, unmasker }) => `${prefix}${schedule.name}-${unmasker.name}`),
          )
          return all.map((parts, i) => ({
            name: names[i]!,
            decoder: traceDecoder(
              maskedDiffusion({ model, refresh, sampler, cache, ...parts }),
              layoutOf(own),
            ),
          }))
        }
      return tuningRecipe(
        {
          recipe: name,
          makes: joined ? "a model of joined derivations" : "a model of several derivations side by side",
          writes: [...distilledFiles(rank), "generation_config.json"],
          open: maskedCheckpoint,
          plan: (context) => planOf(own, path, context),
          before: decoders("before-"),
          decoders: decoders(""),
          decisive: own,
          tokensPerStep: settings.batch * settings.length,
        },
        settings,
        { tasks, attention, base, path },
      )
    }),
})
