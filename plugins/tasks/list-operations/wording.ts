import type { ListInput, ListOperationName } from "./operations.ts"

/** How an exercise is put: in a word, for models that have seen nothing else, or in sentences. */
export type Wording = "terse" | "spoken"

type Words = (input: ListInput) => string

const terse: Readonly<Record<ListOperationName, Words>> = {
  copy: () => "copy",
  reverse: () => "reverse",
  sort: () => "sort",
  shuffle: () => "shuffle",
  "replace-index": ({ index, word }) => `replace ${index} by ${word}`,
  "replace-random": ({ word }) => `replace any by ${word}`,
  "insert-index": ({ index, word }) => `insert at ${index} ${word}`,
  "insert-random": ({ word }) => `insert anywhere ${word}`,
  "remove-index": ({ index }) => `remove ${index}`,
  "remove-random": () => "remove any",
}

const spoken: Readonly<Record<ListOperationName, Words>> = {
  copy: () => "Write the list down exactly as it is.",
  reverse: () => "It was noted in the wrong direction: turn it round, the last entry first.",
  sort: () => "Put it in alphabetical order, by the first letters of each entry.",
  shuffle: () => "To be fair, put it in a random order that differs from this one.",
  "replace-index": ({ index, word }) => `Counted from 0, entry ${index} is replaced by "${word}".`,
  "replace-random": ({ word }) => `Replace one entry, whichever you like, by "${word}".`,
  "insert-index": ({ index, word }) => `Put "${word}" in, so that counted from 0 it is entry ${index}.`,
  "insert-random": ({ word }) => `Put "${word}" in at any place you like.`,
  "remove-index": ({ index }) => `Counted from 0, take out entry ${index}.`,
  "remove-random": () => "Take out one entry, whichever you like.",
}

/** The prompt of an exercise; the answer follows on the next line. */
export const promptOf = (
  wording: Wording,
  operation: ListOperationName,
  input: ListInput,
  list: string,
): string =>
  wording === "terse"
    ? `${terse[operation](input)}: ${list}\n`
    : `You keep the queue of a service desk. This is the queue now: ${list}\n` +
      `${spoken[operation](input)} Give only the resulting list, in the same form.\n`
