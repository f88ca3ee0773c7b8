import { join } from "node:path"
import { figuresUnder, lossTable, markdownTable, percents, trainingSection } from "@parade/model-recipes"
import type { RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { readLog, type TrainingError } from "@parade/training"
import * as Effect from "effect/Effect"
import type { TinyDiffusionConfig } from "./config.ts"

type Figures = Readonly<Record<string, number>>

/** By task and category: what each rule answers correctly, and how many tokens it commits per forward. */
const ruleTable = (figures: Figures, rules: readonly string[]): string => {
  const shares = rules.map((rule) => new Map(figuresUnder(figures, `accuracy.${rule}.`)))
  const speeds = rules.map((rule) => new Map(figuresUnder(figures, `tokensPerForward.${rule}.`)))
  const names = [...(shares[0]?.keys() ?? [])]
  return markdownTable(
    ["task", ...rules.flatMap((rule) => [`${rule}: correct`, "tokens per forward"])],
    names.map((name) => [
      name,
      ...rules.flatMap((_, i) => [
        percents(shares[i]!.get(name) ?? 0),
        speeds[i]!.get(name)?.toFixed(2) ?? "",
      ]),
    ]),
  )
}

/** The model card, its figures from the log. */
export const modelCard = (
  config: TinyDiffusionConfig,
  tasks: readonly Task[],
  rules: readonly string[],
  run: RecipeRun,
  parameters: number,
): Effect.Effect<string, TrainingError> =>
  Effect.map(readLog(join(run.folder, "log.jsonl")), (log) => {
    const figures = log.at(-1)?.evaluation ?? {}
    return `---
license: apache-2.0
language: en
tags: [text-generation, masked-diffusion, llada]
---

# model-tiny-diffusion

A masked-diffusion language model of ${(parameters / 1e6).toFixed(2)} M parameters, trained on lists, sums, squares, sentences and a
little running text. It is made for demonstrations and tests of decoding methods, not for use.

A LLaDA of ${config.layers} layers, width ${config.width}, ${config.heads} heads (${config.keyValueHeads} of keys and values), feed-forward ${config.inner}, and a byte-level BPE
vocabulary learnt from the same data, in which digits and \`_\` are tokens of their own. A masked row predicts itself.
Prompt and canvas have been at most ${config.length} tokens long in training; it takes ${config.context}, for candidates side by side.
Conversations: \`<|user|>…<|end|><|assistant|>…<|end|>\`, the rest of the canvas filled with \`<|end|>\`.

## How good it is

On text and examples that were never trained on, in nats a token. The loss is a bound from above on the negative
log-likelihood (one draw of masks a passage). The baseline is interpolated Kneser–Ney of order ${config.ngramOrder}, one for each source,
counted on the same kind of tokens and judged on the same held-out ones, from left to right: its loss is exact.

${lossTable(figures, "bound on the loss", config.ngramOrder)}

Answers to ${config.answers} held-out examples of each task, put as conversations, on a canvas of ${config.canvas}. Tokens behind the
end of an answer count as none, though rules that fill them first take a forward for each:

${ruleTable(figures, rules)}

${trainingSection("@parade/model-tiny-diffusion", config, tasks, run, log)}`
  })
