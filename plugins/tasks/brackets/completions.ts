import { characterSlots, type AnswerSpace, entropyOf } from "@parade/tasks"
import { closer, opener } from "./dyck.ts"

/** `n` over `k`; exact to the last digits of a float. */
const binomial = (n: number, k: number): number => {
  if (k < 0 || k > n) return 0
  let value = 1
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i
  return Math.round(value)
}

/** Ways from height `h` down to 0 in `r` steps without going below it: a ballot number. */
const ways = (h: number, r: number): number =>
  h < 0 || r < h || (r - h) % 2 !== 0 ? 0 : Math.round(((h + 1) / (r + 1)) * binomial(r + 1, (r - h) / 2))

/** Ways to get `k` steps lower for the first time with the `n`-th step. */
const firstPassages = (k: number, n: number): number =>
  n < k || (n - k) % 2 !== 0 ? 0 : Math.round((k / n) * binomial(n, (n - k) / 2))

/** Ways from height `h` to any height with a step up as the `i`-th (from 0) of `r`, all the way down to 0. */
const opensAt = (h: number, r: number, i: number): number => {
  let reached = new Map([[h, 1]])
  for (let step = 0; step < i; step++) {
    const next = new Map<number, number>()
    for (const [height, count] of reached)
      for (const to of [height - 1, height + 1]) if (to >= 0) next.set(to, (next.get(to) ?? 0) + count)
    reached = next
  }
  let total = 0
  for (const [height, count] of reached) total += count * ways(height + 1, r - i - 1)
  return total
}

/** How many completions of `r` brackets there are where `h` are open. */
export const countCompletions = (h: number, r: number, kinds: number): number =>
  ways(h, r) * kinds ** ((r - h) / 2)

/** The entropy of each place of a completion, in bits. */
const marginals = (open: readonly number[], r: number, kinds: number): number[] => {
  const h = open.length
  const all = ways(h, r)
  return Array.from({ length: r }, (_, i) => {
    const opening = opensAt(h, r, i) / all
    // A bracket of the prefix, `depth` deep, is closed when its depth is left for the first time.
    const ofPrefix = open.map((_, at) => (firstPassages(h - at, i + 1) * ways(at, r - i - 1)) / all)
    const ofOwn = 1 - opening - ofPrefix.reduce((sum, p) => sum + p, 0)
    const closing = new Array<number>(kinds).fill(Math.max(0, ofOwn) / kinds)
    for (const [at, p] of ofPrefix.entries()) closing[open[at]!]! += p
    return entropyOf([...closing, ...new Array<number>(kinds).fill(opening / kinds)])
  })
}

function* enumerate(open: readonly number[], r: number, kinds: number): Generator<readonly string[]> {
  if (r === 0) yield []
  if (r > open.length)
    for (let kind = 0; kind < kinds; kind++)
      for (const rest of enumerate([...open, kind], r - 1, kinds)) yield [opener(kind), ...rest]
  if (r > 0 && open.length > 0)
    for (const rest of enumerate(open.slice(0, -1), r - 1, kinds)) yield [closer(open.at(-1)!), ...rest]
}

/** The account of all completions of `r` brackets after a prefix with these kinds open. */
export const completionSpace = (open: readonly number[], answer: string, kinds: number): AnswerSpace => {
  const answers = countCompletions(open.length, answer.length, kinds)
  const entropy = Math.log2(answers)
  const apart = marginals(open, answer.length, kinds).reduce((sum, bits) => sum + bits, 0)
  return {
    slots: characterSlots(answer),
    answers,
    entropy,
    correlation: apart - entropy,
    enumerate: () => enumerate(open, answer.length, kinds),
  }
}
