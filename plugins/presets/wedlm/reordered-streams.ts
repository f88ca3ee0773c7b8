import { type LaidPassages, type NoisySequence, seesMatrix } from "@parade/model-adaptation"

/** So that `1/γ` is finite. */
const least = 1e-8

/**
 * `[x_0 ; x_t]`: a sequence, and a noisy copy whose blocks are reordered, known tokens first and masks last, each at its
 * own position. Per block a rate `γ ~ U(0, 1)`, at which `round(n γ)` of its `n` tokens of answers are masked. `x_0` is
 * causal; a noisy block sees the clean blocks before it, and of itself what stands before a row; all of one passage. A
 * masked row predicts its own token and counts `1/γ` in the first term of the loss; in the second, rows of `x_0` predict
 * the next token.
 */
export const reorderedStreams = (
  { tokens, positions, passages, answers }: LaidPassages,
  { block, mask, draw }: { readonly block: number; readonly mask: number; readonly draw: () => number },
): NoisySequence => {
  const { length } = tokens
  /** Places of each noisy block: of one passage, and of one block of its positions. */
  const blocks: number[][] = []
  for (let place = 0; place < length; place++)
    if (positions[place]! % block === 0) blocks.push([place])
    else blocks.at(-1)!.push(place)

  const rows = new Int32Array(2 * length)
  const own = new Int32Array(2 * length)
  const targets = new Int32Array(2 * length)
  const [masked, plain] = [new Float32Array(2 * length), new Float32Array(2 * length)]
  const blockOf = new Int32Array(2 * length)
  const passageOf = new Int32Array(2 * length)
  rows.set(tokens)
  own.set(positions)
  passageOf.set(passages)
  for (let place = 0; place + 1 < length; place++)
    if (answers[place + 1] === 1) {
      targets[place] = tokens[place + 1]!
      plain[place] = 1
    }

  let at = length
  blocks.forEach((places, number) => {
    const rate = Math.max(least, draw())
    const open = places.filter((place) => answers[place] === 1)
    const count = Math.round(open.length * rate)
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(draw() * (open.length - i))
      ;[open[i], open[j]] = [open[j]!, open[i]!]
    }
    const hidden = new Set(open.slice(0, count))
    for (const place of [
      ...places.filter((place) => !hidden.has(place)),
      ...places.filter((place) => hidden.has(place)),
    ]) {
      own[at] = positions[place]!
      passageOf[at] = passages[place]!
      blockOf[at] = number
      rows[at] = tokens[place]!
      if (hidden.has(place)) {
        rows[at] = mask
        targets[at] = tokens[place]!
        masked[at] = 1 / rate
      }
      at++
    }
    for (const place of places) blockOf[place] = number
  })
  const sees = seesMatrix(2 * length, (row, column) => {
    const [noisyRow, noisyColumn] = [row >= length, column >= length]
    if (passageOf[row] !== passageOf[column]) return false
    if (noisyColumn) return noisyRow && blockOf[row] === blockOf[column] && column <= row
    return noisyRow ? blockOf[column]! < blockOf[row]! : column <= row
  })
  return { tokens: rows, positions: own, sees, targets, weights: [masked, plain] }
}
