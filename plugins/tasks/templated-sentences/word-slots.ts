import type { Span } from "@parade/tasks"

/** One slot per word of a text, without the punctuation around it. */
export const wordSlots = (text: string): readonly Span[] =>
  Array.from(text.matchAll(/[\p{L}\d]+/gu), ({ index, 0: word }) => ({
    start: index,
    end: index + word.length,
  }))
