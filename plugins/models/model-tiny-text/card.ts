import { join } from "node:path"
import { figuresUnder, lossTable, markdownTable, percents, trainingSection } from "@parade/model-recipes"
import type { RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { readLog, type TrainingError } from "@parade/training"
import * as Effect from "effect/Effect"
import type { TinyTextConfig } from "./config.ts"

/** The model card, its figures from the log. */
export const modelCard = (
  config: TinyTextConfig,
  tasks: readonly Task[],
  run: RecipeRun,
  parameters: number,
): Effect.Effect<string, TrainingError> =>
  Effect.map(readLog(join(run.folder, "log.jsonl")), (log) => {
    const figures = log.at(-1)?.evaluation ?? {}
    const accuracies = figuresUnder(figures, "accuracy.").map(([name, share]) => [name, percents(share)])
    return `---
license: apache-2.0
language: en
tags: [text-generation, llama]
---

# model-tiny-text

A language model of ${(parameters / 1e6).toFixed(2)} M parameters that writes plays, does sums and keeps lists. It is made for demonstrations and
tests of decoding methods, not for use.

A Llama of ${config.layers} layers, width ${config.width}, ${config.heads} heads (${config.keyValueHeads} of keys and values), feed-forward ${config.inner}, a context of ${config.length} tokens, and
a byte-level BPE vocabulary learnt from the same data. Conversations: \`<|user|>…<|end|><|assistant|>…<|end|>\`.

## How good it is

On text and examples that were never trained on; losses in nats a token. The baseline is interpolated Kneser–Ney of
order ${config.ngramOrder}, one for each source, counted on the same kind of tokens and judged on the same held-out ones.

${lossTable(figures, "loss", config.ngramOrder)}

Greedy answers to ${config.answers} held-out examples of each task, put as conversations:

${markdownTable(["task", "correct"], accuracies)}

${trainingSection("@parade/model-tiny-text", config, tasks, run, log)}`
  })
