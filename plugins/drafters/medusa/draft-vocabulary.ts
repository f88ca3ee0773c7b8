import type { ModelText } from "@parade/recipes"

/** The tokens a model says most often in its own words, the most frequent first, at most so many. */
export const frequentTokens = (texts: readonly ModelText[], most: number): Int32Array => {
  const counts = new Map<number, number>()
  for (const { tokens, from } of texts)
    for (const token of tokens.subarray(from)) counts.set(token, (counts.get(token) ?? 0) + 1)
  const ordered = [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  return Int32Array.from(ordered.slice(0, most), ([token]) => token)
}
