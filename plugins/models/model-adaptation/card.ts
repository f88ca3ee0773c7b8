import { join } from "node:path"
import { figuresUnder, markdownTable, percents } from "@parade/model-recipes"
import type { RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { readLog, type TrainingError } from "@parade/training"
import * as Effect from "effect/Effect"
import type { AdaptationSettings } from "./settings.ts"
import type { Tuning } from "./tune.ts"

type Figures = Readonly<Record<string, number>>

/** By task and category: what each decoder answers correctly, and the tokens it commits per forward. */
const answerTable = (figures: Figures): string => {
  const rules = [
    ...new Set(figuresUnder(figures, "tokensPerForward.").map(([key]) => key.slice(0, key.indexOf(".")))),
  ]
  const shares = rules.map((rule) => new Map(figuresUnder(figures, `accuracy.${rule}.`)))
  const speeds = rules.map((rule) => new Map(figuresUnder(figures, `tokensPerForward.${rule}.`)))
  return markdownTable(
    ["task", ...rules.flatMap((rule) => [`${rule}: correct`, "tokens per forward"])],
    [...(shares[0]?.keys() ?? [])].map((name) => [
      name,
      ...rules.flatMap((_, i) => [
        percents(shares[i]!.get(name) ?? 0),
        speeds[i]!.get(name)?.toFixed(2) ?? "",
      ]),
    ]),
  )
}

/** Figures of the answers have a prefix of their own; all others are outputs of the loss graph, by task. */
const lossTable = (figures: Figures): string => {
  const keys = Object.keys(figures).filter((key) => !/^(accuracy|tokensPerForward)\./.test(key))
  const outputs = [...new Set(keys.map((key) => key.slice(0, key.indexOf("."))))]
  return markdownTable(
    ["task", ...outputs],
    figuresUnder(figures, "loss.").map(([name]) => [
      name,
      ...outputs.map((output) => figures[`${output}.${name}`]!.toFixed(3)),
    ]),
  )
}

/** The card of a model that was trained further, its figures from the log. */
export const adaptationCard = (
  { recipe, makes }: Pick<Tuning, "recipe" | "makes">,
  settings: AdaptationSettings,
  tasks: readonly Task[],
  { folder, steps, device }: RecipeRun,
  parameters: number,
): Effect.Effect<string, TrainingError> =>
  Effect.map(readLog(join(folder, "log.jsonl")), (log) => {
    const last = log.at(-1)
    const figures = last?.evaluation ?? {}
    const seconds = log.reduce((sum, record) => sum + record.seconds, 0)
    const { batch, length, rate, weightDecay, seed } = settings
    return `---
license: apache-2.0
language: en
tags: [text-generation, masked-diffusion]
---

# ${recipe.replace(/^@parade\//, "")}

${makes.charAt(0).toUpperCase()}${makes.slice(1)} of ${(parameters / 1e6).toFixed(2)} M parameters, made by training
\`${settings.source}\` further, for demonstrations and tests of decoding methods, not for use.

## How good it is

Answers to ${settings.answers} held-out examples of each task, put as conversations. \`before…\`: the checkpoint, before it was
trained further.

${answerTable(figures)}

Losses on held-out examples, in nats a masked token:

${lossTable(figures)}

## How it was trained

${steps} steps of ${batch} sequences of ${length} tokens, in ${(seconds / 60).toFixed(0)} minutes on \`${device.name}\`. AdamW, weight decay ${weightDecay}, rate ${rate}, falling to
a tenth as half a cosine; seed ${seed}.

${markdownTable(
  ["task", "share"],
  tasks.map(({ name, description }, i) => [`${name}: ${description}`, settings.shares[i]!]),
)}

Reproduce it with the recipe \`${recipe}\` in ${steps} steps and these settings:

\`\`\`json
${JSON.stringify(settings, null, 2)}
\`\`\`
`
  })
