import { type LaidPassages, type NoisySequence, seesMatrix } from "@parade/model-adaptation"

/** The least probability of a mask. */
const epsilon = 1e-3

/**
 * Two views of a sequence under complementary masks. Per block a rate `t ~ U(0, 1)`: a token of an answer is masked in
 * the first view with `(1 − ε) t + ε`, in the second where it was left. Each view is `[x_t ; x_0]` at the same
 * positions. A noisy block sees itself and the clean blocks before it, a clean block itself and those before it, all of
 * one passage. The row before a masked token predicts it.
 */
export const complementaryViews = (
  { tokens, positions, passages, answers }: LaidPassages,
  { block, mask, draw }: { readonly block: number; readonly mask: number; readonly draw: () => number },
): readonly NoisySequence[] => {
  const { length } = tokens
  const blockOf = (place: number): number => Math.floor(place / block)
  const sees = seesMatrix(2 * length, (row, column) => {
    const [noisyRow, noisyColumn] = [row < length, column < length]
    const [a, b] = [row % length, column % length]
    if (noisyColumn) return noisyRow && blockOf(a) === blockOf(b)
    return passages[a] === passages[b] && (noisyRow ? blockOf(b) < blockOf(a) : blockOf(b) <= blockOf(a))
  })
  const rates = Array.from({ length: Math.ceil(length / block) }, () => (1 - epsilon) * draw() + epsilon)
  const first = tokens.map((_, place) => (answers[place] === 1 && draw() < rates[blockOf(place)]! ? 1 : 0))
  const view = (isMasked: (place: number) => boolean): NoisySequence => {
    const rows = new Int32Array(2 * length)
    const targets = new Int32Array(2 * length)
    const weights = new Float32Array(2 * length)
    rows.set(tokens)
    rows.set(tokens, length)
    // Nothing stands before the first token of a passage, and it is never part of an answer.
    for (let place = 1; place < length; place++) {
      if (answers[place] === 0 || !isMasked(place)) continue
      rows[place] = mask
      targets[place - 1] = tokens[place]!
      weights[place - 1] = 1
    }
    return {
      tokens: rows,
      positions: Int32Array.from({ length: 2 * length }, (_, row) => positions[row % length]!),
      sees,
      targets,
      weights: [weights],
    }
  }
  return [view((place) => first[place] === 1), view((place) => first[place] === 0)]
}
