/** What stands in a slot, and how probable it is. */
export type Marginal = ReadonlyMap<string, number>

/**
 * A model without a mistake: it knows, for every slot that is open, how probable each content is given those that are
 * filled. What a decoder loses with it is the decoder's own.
 *
 * Where no right answer agrees with what is filled, those that agree in the most slots decide.
 *
 * @param answers Every right answer as the contents of its slots, each equally likely; at least one.
 * @returns By slot, in order; what is filled has probability 1.
 *
 * @example
 * ```ts
 * import { oracle } from "@parade/tasks"
 *
 * const marginals = oracle([["a", "b"], ["b", "a"]])
 * console.log(marginals([undefined, undefined])[1]!.get("a")) // 0.5
 * console.log(marginals(["b", undefined])[1]!.get("a")) // 1
 * ```
 */
export const oracle =
  (answers: readonly (readonly string[])[]) =>
  (filled: readonly (string | undefined)[]): readonly Marginal[] => {
    const agreement = answers.map(
      (answer) => answer.filter((content, slot) => filled[slot] === content).length,
    )
    const most = agreement.reduce((best, count) => Math.max(best, count), 0)
    const possible = answers.filter((_, i) => agreement[i] === most)
    return filled.map((content, slot): Marginal => {
      if (content !== undefined) return new Map([[content, 1]])
      const marginal = new Map<string, number>()
      for (const answer of possible)
        marginal.set(answer[slot]!, (marginal.get(answer[slot]!) ?? 0) + 1 / possible.length)
      return marginal
    })
  }
