import type { PipelineNode } from "@parade/core"
import { idealReplaceGreedy, idealShuffle } from "@parade/list-operations"
import { type Method, traceMethods } from "./methods.ts"

/** What an ideal model reaches with so many items per step: the closed form of ParallelBench. */
export interface Bound {
  readonly label: string
  /** By items per step, from 1 up. */
  readonly accuracy: (perStep: number) => number
}

/** A family of tasks that ask the same of parallel decoding. */
export interface TaskFamily {
  readonly name: string
  readonly file: string
  readonly task: PipelineNode
  readonly bounds: readonly Bound[]
  /** Where it is asked of a model of its own: what decodes that, the baseline first. */
  readonly methods?: readonly Method[]
}

/** Lists of the length that bounds are drawn for, an item a token. */
const items = 6
const lists = (operations: readonly string[]): PipelineNode => ({
  use: "@parade/list-operations",
  with: {
    operations,
    minItems: items,
    maxItems: items,
    items: "letters",
    notation: "spaces",
    wording: "terse",
  },
})

const sentences = (operations: readonly string[]): PipelineNode => ({
  use: "@parade/templated-sentences",
  with: { operations },
})

const fixed: readonly Bound[] = [{ label: "any number at once", accuracy: () => 1 }]

/** Families whose answers are fixed by the prompt come first, then those whose tokens depend on each other. */
export const taskFamilies: readonly TaskFamily[] = [
  {
    name: "copy and replace",
    file: "copy-replace",
    task: lists(["copy", "reverse", "replace-index"]),
    bounds: fixed,
  },
  {
    name: "sort, insert and remove",
    file: "sort-insert-remove",
    task: lists(["sort", "insert-index", "remove-index"]),
    bounds: fixed,
  },
  {
    name: "sums and differences",
    file: "sums",
    task: { use: "@parade/arithmetic", with: { operations: ["add", "subtract"], digits: 2 } },
    bounds: fixed,
  },
  {
    name: "answers and gaps of sentences",
    file: "sentences",
    task: sentences(["answer", "fill"]),
    bounds: fixed,
  },
  {
    name: "a word twice",
    file: "word-twice",
    task: sentences(["repeat"]),
    // A model that knows every marginal and takes the likeliest word takes the same one in both gaps.
    bounds: [{ label: "any number at once, greedy", accuracy: () => 1 }],
  },
  {
    name: "replace at random",
    file: "replace-random",
    task: lists(["replace-random"]),
    bounds: [{ label: `best for ${items} items, greedy`, accuracy: (k) => idealReplaceGreedy(items, k) }],
  },
  {
    name: "shuffle",
    file: "shuffle",
    task: lists(["shuffle"]),
    bounds: [{ label: `best for ${items} items, any order`, accuracy: (k) => idealShuffle(items, k) }],
  },
  {
    name: "sums of digits, by traces",
    file: "digit-sums",
    task: { use: "@parade/digit-sums" },
    bounds: [],
    methods: traceMethods,
  },
]
