/** Names longer than this are clipped before comparison, so that a hostile one costs nothing. */
const longest = 80

/**
 * How many single-character edits (insert, delete, replace, swap of neighbours) lead from one word to another
 * (optimal string alignment).
 */
export const editDistance = (a: string, b: string): number => {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = 0; i <= a.length; i++) table[i * width] = i
  for (let j = 0; j <= b.length; j++) table[j] = j
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1
      let best = Math.min(
        table[(i - 1) * width + j]! + 1,
        table[i * width + j - 1]! + 1,
        table[(i - 1) * width + j - 1]! + same,
      )
      const swapped =
        i > 1 &&
        j > 1 &&
        a.charCodeAt(i - 1) === b.charCodeAt(j - 2) &&
        a.charCodeAt(i - 2) === b.charCodeAt(j - 1)
      if (swapped) best = Math.min(best, table[(i - 2) * width + j - 2]! + 1)
      table[i * width + j] = best
    }
  return table[a.length * width + b.length]!
}

/** A name as people remember it: without scope, case and separators. */
const bare = (name: string): string =>
  name
    .slice(0, longest)
    .replace(/^@[^/]*\//, "")
    .replace(/[-_.\s]/g, "")
    .toLowerCase()

/**
 * The candidate a mistyped name most probably meant, or `undefined` where none is near: at most a third of the
 * letters, and never more than three, may differ. Case, separators and a missing `@scope/` count for nothing.
 *
 * @example
 * ```ts
 * import { nearest } from "@parade/core"
 *
 * console.assert(nearest("promt-lookup", ["@parade/prompt-lookup", "@parade/draft-model"]) === "@parade/prompt-lookup")
 * ```
 */
export const nearest = (name: string, candidates: Iterable<string>): string | undefined => {
  const wanted = bare(name)
  let best: string | undefined
  let bestDistance = Math.min(3, Math.max(1, Math.floor(wanted.length / 3))) + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, bare(candidate))
    if (distance < bestDistance && candidate !== name) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}
