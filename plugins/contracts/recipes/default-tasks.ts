import type { PipelineNode } from "@parade/core"

/**
 * Exercises that small models can learn, by what they are of: what recipes train on where nothing else is said. Models and
 * the parts that are trained for them learn the same, so that the parts meet what their model knows.
 */
const letters = { wording: "terse", items: "letters", notation: "spaces" } as const
const listsOfEight: PipelineNode = {
  use: "@parade/list-operations",
  with: { ...letters, minItems: 8, maxItems: 8 },
}
const lists: PipelineNode = { use: "@parade/list-operations", with: { ...letters, maxItems: 8 } }
const sums: PipelineNode = { use: "@parade/arithmetic", with: { digits: 2 } }
const sumsAndDifferences: PipelineNode = {
  use: "@parade/arithmetic",
  with: { digits: 2, operations: ["add", "subtract"] },
}
const sentences: PipelineNode = { use: "@parade/templated-sentences" }
const windows: PipelineNode = {
  use: "@parade/text-windows",
  with: { source: "../shared/data/tiny_shakespeare.txt" },
}
const questions: PipelineNode = {
  use: "@parade/question-answers",
  with: { source: "../shared/data/gsm8k_train.jsonl" },
}

/** Lists of letters, longer ones as often as all lengths together. */
export const listTasks: readonly PipelineNode[] = [listsOfEight, lists]

/** What can be checked: lists, sums, sentences. */
export const exerciseTasks: readonly PipelineNode[] = [lists, sums, sentences]

/** What a small model of text answers beside the text it learns. */
export const textTasks: readonly PipelineNode[] = [questions, ...exerciseTasks]

/** What it is asked to continue: the text too. */
export const continuedTasks: readonly PipelineNode[] = [windows, ...textTasks]

/**
 * What a small masked-diffusion model learns to answer on a canvas. Products of two digits and chains would have to be
 * learnt by heart, which takes more than there is.
 */
export const answeredTasks: readonly PipelineNode[] = [...listTasks, sentences, sumsAndDifferences]

/** What it is trained on: squares too. */
export const canvasTasks: readonly PipelineNode[] = [...answeredTasks, { use: "@parade/squares" }]
