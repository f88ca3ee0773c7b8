import { join } from "node:path"
import type { RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { readLog, type StepRecord, type TrainingError, type TrainingStep } from "@parade/training"
import * as Effect from "effect/Effect"
import type { TinyTextConfig } from "./config.ts"

type Figures = Readonly<Record<string, number>>

/** The figures under a prefix, by what follows it. */
const under = (figures: Figures, prefix: string): readonly (readonly [string, number])[] =>
  Object.entries(figures).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  )

const lossTable = (figures: Figures, order: number): string => {
  const rows = under(figures, "loss.").map(([name, loss]) => {
    const baseline = figures[`baseline.${name}`]!
    return `| ${name} | ${loss.toFixed(3)} | ${baseline.toFixed(3)} | ${Math.exp(loss).toFixed(2)} | ${Math.exp(baseline).toFixed(2)} |`
  })
  return [
    `| held out from | loss | loss of the ${order}-gram | perplexity | perplexity of the ${order}-gram |`,
    "| --- | --: | --: | --: | --: |",
    ...rows,
  ].join("\n")
}

const accuracyTable = (figures: Figures): string =>
  [
    "| task | correct |",
    "| --- | --: |",
    ...under(figures, "accuracy.").map(([name, share]) => `| ${name} | ${(100 * share).toFixed(0)} % |`),
  ].join("\n")

const duration = (seconds: number): string =>
  seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} minutes`

/** The model card, its figures from the log. */
export const modelCard = (
  config: TinyTextConfig,
  tasks: readonly Task[],
  { folder, steps, device }: RecipeRun,
  parameters: TrainingStep["parameters"],
): Effect.Effect<string, TrainingError> =>
  Effect.map(readLog(join(folder, "log.jsonl")), (log) => {
    const last: StepRecord | undefined = log.at(-1)
    const figures = last?.evaluation ?? {}
    const count = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    const tokens = steps * config.batch * config.length
    const seconds = log.reduce((sum, record) => sum + record.seconds, 0)
    return `---
license: apache-2.0
language: en
tags: [text-generation, llama]
---

# model-tiny-text

A language model of ${(count / 1e6).toFixed(2)} M parameters that writes plays, does sums and keeps lists. It is made for demonstrations and
tests of decoding methods, not for use.

A Llama of ${config.layers} layers, width ${config.width}, ${config.heads} heads (${config.keyValueHeads} of keys and values), feed-forward ${config.inner}, a context of ${config.length} tokens, and
a byte-level BPE vocabulary learnt from the same data. Conversations: \`<|user|>…<|end|><|assistant|>…<|end|>\`.

## How good it is

On text and examples that were never trained on; losses in nats a token. The baseline is interpolated Kneser–Ney of
order ${config.ngramOrder}, one for each source, counted on the same kind of tokens and judged on the same held-out ones.

${lossTable(figures, config.ngramOrder)}

Greedy answers to ${config.answers} held-out examples of each task, put as conversations:

${accuracyTable(figures)}

## How it was trained

${steps} steps of ${config.batch} sequences of ${config.length} tokens, ${tokens.toLocaleString("en")} tokens in all, in ${duration(seconds)} on \`${device.name}\`; loss
of the last step ${last === undefined ? "–" : last.metrics["loss"]!.toFixed(3)}. AdamW, weight decay ${config.weightDecay}, rate ${config.rate}, falling to a tenth as half a cosine; seed ${config.seed}.

| source | share |
| --- | --: |
${["text", ...tasks.map(({ name, description }) => `${name}: ${description}`)]
  .map((name, i) => `| ${name} | ${config.shares[i]!} |`)
  .join("\n")}

Reproduce it with the recipe \`@parade/model-tiny-text\` in ${steps} steps and these settings; \`log.jsonl\` has every step.

\`\`\`json
${JSON.stringify(config, null, 2)}
\`\`\`
`
  })
