import type { PlacedPart } from "./row-checks.ts"

/** The memory of one part: `blocks` runs of `capacity` rows, at the start of `memory`; spare room may follow. */
export interface PartBuffer extends PlacedPart {
  readonly memory: Float32Array
}

export const makePartBuffer = (part: PlacedPart): PartBuffer => ({ ...part, memory: new Float32Array(0) })

/** Below this, a loop beats the two views and the call that `set` needs. */
const SHORT = 192

export const copyFloats = (
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  count: number,
): void => {
  if (count > SHORT) target.set(source.subarray(from, from + count), to)
  else for (let i = 0; i < count; i++) target[to + i] = source[from + i]!
}

/**
 * Copy rows `rows[i]` of each block to place `at + i`: from blocks `fromBlock …` of `source`, `fromRows` rows long,
 * to the blocks of `target`, `toRows` rows long. Neighbours are copied together.
 */
export const relay = (
  source: Float32Array,
  fromRows: number,
  fromBlock: number,
  rows: ArrayLike<number>,
  target: Float32Array,
  toRows: number,
  at: number,
  part: { readonly blocks: number; readonly width: number },
): void => {
  const { blocks, width } = part
  for (let i = 0; i < rows.length;) {
    const first = rows[i]!
    let run = 1
    while (i + run < rows.length && rows[i + run] === first + run) run++
    if (source !== target || first !== at + i)
      for (let block = 0; block < blocks; block++)
        copyFloats(
          source,
          ((fromBlock + block) * fromRows + first) * width,
          target,
          (block * toRows + at + i) * width,
          run * width,
        )
    i += run
  }
}

/**
 * The part with room for `capacity` rows a block, its content kept. Memory grows by halves, and at once to what `expected`
 * rows need: most calls only move.
 */
export const resizePart = (
  part: PartBuffer,
  before: number,
  capacity: number,
  expected: number,
): PartBuffer => {
  const { blocks, width, memory } = part
  const needed = blocks * capacity * width
  const target =
    memory.length >= needed
      ? memory
      : new Float32Array(Math.max(needed, blocks * expected * width, Math.ceil(memory.length * 1.5)))
  // Last block first: in the same memory, blocks move up. The first one stays where it is.
  for (let block = blocks - 1; block >= 0; block--) {
    const from = block * before * width
    if (target === memory) target.copyWithin(block * capacity * width, from, from + before * width)
    else target.set(memory.subarray(from, from + before * width), block * capacity * width)
  }
  return target === memory ? part : { ...part, memory: target }
}
