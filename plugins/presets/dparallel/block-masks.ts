/** A block of an answer under a mask and its complement: each of its tokens is hidden in one of the two. */
export interface BlockMasks {
  /** Where the block stands in the answer: `[start, end)`. What follows it is hidden in both views, and not learnt. */
  readonly start: number
  readonly end: number
  /** Places of the answer, ascending: those hidden in the first view, and those hidden in the second. */
  readonly hidden: readonly [readonly number[], readonly number[]]
}

/**
 * Semi-autoregressive masking: one of the blocks of an answer of `length` tokens is drawn, evenly, the last one as long as
 * what is left; each of its tokens is hidden with probability `share` in the first view, else in the second.
 */
export const blockMasks = (
  length: number,
  { block, share, draw }: { readonly block: number; readonly share: number; readonly draw: () => number },
): BlockMasks => {
  const start = block * Math.floor(draw() * Math.ceil(length / block))
  const end = Math.min(length, start + block)
  const hidden: readonly [number[], number[]] = [[], []]
  for (let place = start; place < end; place++) hidden[draw() < share ? 0 : 1].push(place)
  return { start, end, hidden }
}
