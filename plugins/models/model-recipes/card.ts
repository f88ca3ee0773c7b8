import type { RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import type { StepRecord } from "@parade/training"
import type { ModelSettings } from "./settings.ts"

type Figures = Readonly<Record<string, number>>

/** The figures under a prefix, by what follows it. */
export const figuresUnder = (figures: Figures, prefix: string): readonly (readonly [string, number])[] =>
  Object.entries(figures).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  )

/** A table in Markdown, its first column of words and the others of numbers. */
export const markdownTable = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string =>
  [head, ["---", ...head.slice(1).map(() => "--:")], ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n")

/** Held-out losses beside those of the model that counts. */
export const lossTable = (figures: Figures, loss: string, order: number): string =>
  markdownTable(
    ["held out from", loss, `loss of the ${order}-gram`, "perplexity", `perplexity of the ${order}-gram`],
    figuresUnder(figures, "loss.").map(([name, own]) => {
      const baseline = figures[`baseline.${name}`]!
      return [
        name,
        own.toFixed(3),
        baseline.toFixed(3),
        Math.exp(own).toFixed(2),
        Math.exp(baseline).toFixed(2),
      ]
    }),
  )

/** A share as percents. */
export const percents = (share: number): string => `${(100 * share).toFixed(0)} %`

const duration = (seconds: number): string =>
  seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} minutes`

/** How a model was trained, as the last section of its card. */
export const trainingSection = (
  recipe: string,
  settings: ModelSettings,
  tasks: readonly Task[],
  { steps, device }: RecipeRun,
  log: readonly StepRecord[],
): string => {
  const last = log.at(-1)
  const { batch, length, weightDecay, rate, seed, shares } = settings
  const tokens = steps * batch * length
  const seconds = log.reduce((sum, record) => sum + record.seconds, 0)
  return `## How it was trained

${steps} steps of ${batch} sequences of ${length} tokens, ${tokens.toLocaleString("en")} tokens in all, in ${duration(seconds)} on \`${device.name}\`; loss
of the last step ${last === undefined ? "–" : last.metrics["loss"]!.toFixed(3)}. AdamW, weight decay ${weightDecay}, rate ${rate}, falling to a tenth as half a cosine; seed ${seed}.

${markdownTable(
  ["source", "share"],
  ["text", ...tasks.map(({ name, description }) => `${name}: ${description}`)].map((name, i) => [
    name,
    shares[i]!,
  ]),
)}

Reproduce it with the recipe \`${recipe}\` in ${steps} steps and these settings; \`log.jsonl\` has every step.

\`\`\`json
${JSON.stringify(settings, null, 2)}
\`\`\`
`
}
