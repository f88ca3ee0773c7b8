import type { DraftHead } from "@parade/drafting"
import type { Matrix } from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import { matrixValues, takeRows } from "@parade/weights"

/** The tokens a model says most often in its own words, the most frequent first, at most so many. */
export const frequentTokens = (texts: readonly ModelText[], most: number): Int32Array => {
  const counts = new Map<number, number>()
  for (const { tokens, from } of texts)
    for (const token of tokens.subarray(from)) counts.set(token, (counts.get(token) ?? 0) + 1)
  const ordered = [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  return Int32Array.from(ordered.slice(0, most), ([token]) => token)
}

/** The most frequent tokens of texts with their rows of the LM head. */
export const draftHeadOf = (lmHead: Matrix, texts: readonly ModelText[], most: number): DraftHead => {
  const tokens = frequentTokens(texts, most)
  return { tokens, rows: matrixValues(takeRows(lmHead, tokens)) }
}

/** Its rows as a matrix of the identity `draft.rows`. */
export const draftMatrix = ({ tokens, rows }: DraftHead, width: number): Matrix => ({
  kind: "dense",
  rows: tokens.length,
  columns: width,
  identity: "draft.rows",
  values: () => rows,
})
