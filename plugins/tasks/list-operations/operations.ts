import type { Draws } from "@parade/tasks"

/** A list, and what an operation is told beside it. */
export interface ListInput {
  /** All different. */
  readonly items: readonly string[]
  /** An item that is not in the list. */
  readonly word: string
  /** From 0; up to the length where something is inserted, below it elsewhere. */
  readonly index: number
}

/** An operation on a list: which lists are right. */
export interface ListOperation {
  /** Where its indices end: at the last item, after it, or it takes none. */
  readonly index?: "item" | "gap"
  /** Whether it brings a new item. */
  readonly word?: true
  /** Items of a right answer, for `n` items given. */
  readonly length: (n: number) => number
  /** How many lists are right, for `n` items given. */
  readonly answers: (n: number) => number
  readonly enumerate: (input: ListInput) => Iterable<readonly string[]>
  /** A right list, each equally likely. */
  readonly draw: (input: ListInput, draws: Draws) => readonly string[]
  /** The share of a list that is right: 1 where all of it is. */
  readonly share: (input: ListInput, given: readonly string[]) => number
}

const samePlaces = (a: readonly string[], b: readonly string[]): number => {
  let same = 0
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] === b[i]) same++
  return same / Math.max(a.length, b.length, 1)
}

/** An operation with one right answer. */
const exact = (
  apply: (input: ListInput) => readonly string[],
  told: Pick<ListOperation, "index" | "word"> & { readonly grows?: number } = {},
): ListOperation => {
  const { grows = 0, ...rest } = told
  return {
    ...rest,
    length: (n) => n + grows,
    answers: () => 1,
    enumerate: (input) => [apply(input)],
    draw: apply,
    share: (input, given) => samePlaces(apply(input), given),
  }
}

/** An operation done at any index. */
const anywhere = (
  apply: (input: ListInput) => readonly string[],
  told: { readonly word?: true; readonly grows: number },
): ListOperation => {
  const count = (n: number): number => (told.grows > 0 ? n + 1 : n)
  const at = (input: ListInput, index: number) => apply({ ...input, index })
  function* enumerate(input: ListInput): Generator<readonly string[]> {
    for (let index = 0; index < count(input.items.length); index++) yield at(input, index)
  }
  return {
    ...(told.word && { word: told.word }),
    length: (n) => n + told.grows,
    answers: count,
    enumerate,
    draw: (input, draws) => at(input, draws.below(count(input.items.length))),
    share: (input, given) => Math.max(...Array.from(enumerate(input), (one) => samePlaces(one, given))),
  }
}

function* permutations(items: readonly string[]): Generator<readonly string[]> {
  if (items.length < 2) yield items
  else
    for (const [i, first] of items.entries())
      for (const rest of permutations(items.toSpliced(i, 1))) yield [first, ...rest]
}

const equal = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i])

/** The share of the items that are there, each once. */
const sharedItems = (a: readonly string[], b: readonly string[]): number => {
  const left = new Set(a)
  let shared = 0
  for (const item of b) if (left.delete(item)) shared++
  return shared / Math.max(a.length, b.length, 1)
}

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

/** Any other order; the list as it was is not shuffled. */
const shuffle: ListOperation = {
  length: (n) => n,
  answers: (n) => factorial(n) - 1,
  *enumerate({ items }) {
    for (const order of permutations(items)) if (!equal(order, items)) yield order
  },
  draw({ items }, draws) {
    for (;;) {
      const order = draws.shuffled(items)
      if (!equal(order, items)) return order
    }
  },
  share: ({ items }, given) => (equal(items, given) ? 0 : sharedItems(items, given)),
}

const byCode = (a: string, b: string): number => (a < b ? -1 : 1)
const replace = ({ items, word, index }: ListInput) => items.with(index, word)
const insert = ({ items, word, index }: ListInput) => items.toSpliced(index, 0, word)
const remove = ({ items, index }: ListInput) => items.toSpliced(index, 1)

/** The operations' names. */
export const listOperationNames = [
  "copy",
  "reverse",
  "sort",
  "shuffle",
  "replace-index",
  "replace-random",
  "insert-index",
  "insert-random",
  "remove-index",
  "remove-random",
] as const

/** The name of an operation. */
export type ListOperationName = (typeof listOperationNames)[number]

/** The operations by name. */
export const listOperations: Readonly<Record<ListOperationName, ListOperation>> = {
  copy: exact(({ items }) => items),
  reverse: exact(({ items }) => items.toReversed()),
  sort: exact(({ items }) => items.toSorted(byCode)),
  shuffle,
  "replace-index": exact(replace, { index: "item", word: true }),
  "replace-random": anywhere(replace, { word: true, grows: 0 }),
  "insert-index": exact(insert, { index: "gap", word: true, grows: 1 }),
  "insert-random": anywhere(insert, { word: true, grows: 1 }),
  "remove-index": exact(remove, { index: "item", grows: -1 }),
  "remove-random": anywhere(remove, { grows: -1 }),
}
