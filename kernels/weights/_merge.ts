/** Smallest number first. */
const push = (heap: number[], value: number): void => {
  let at = heap.length
  heap.push(value)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (heap[parent]! <= value) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = value
}

const pop = (heap: number[]): number => {
  const least = heap[0]!
  const value = heap.pop()!
  if (heap.length === 0) return least
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++
    if (heap[child]! >= value) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = value
  return least
}

const positions = 2 ** 32

/**
 * Byte-pair merging: of all neighbours that may merge, those with the least rank do, the leftmost first, until none
 * is left. `O(n log n)`, so that a word of any length is safe.
 *
 * @param ranks ranks by `left + " " + right`.
 */
export const mergePairs = (symbols: string[], ranks: ReadonlyMap<string, number>): string[] => {
  const count = symbols.length
  if (count < 2) return symbols
  const next = Int32Array.from(symbols, (_, i) => i + 1)
  const previous = Int32Array.from(symbols, (_, i) => i - 1)
  /** The rank of each symbol with its neighbour; an entry of the heap counts only while it still says the same. */
  const current = new Int32Array(count).fill(-1)
  const heap: number[] = []
  const consider = (left: number): void => {
    const right = next[left]!
    const rank = right < count ? ranks.get(`${symbols[left]!} ${symbols[right]!}`) : undefined
    current[left] = rank ?? -1
    if (rank !== undefined) push(heap, rank * positions + left)
  }
  for (let i = 0; i < count - 1; i++) consider(i)
  while (heap.length > 0) {
    const entry = pop(heap)
    const rank = Math.floor(entry / positions)
    const left = entry - rank * positions
    if (current[left] !== rank) continue
    const right = next[left]!
    symbols[left] += symbols[right]!
    current[right] = -1
    const after = next[right]!
    next[left] = after
    if (after < count) previous[after] = left
    consider(left)
    const before = previous[left]!
    if (before >= 0) consider(before)
  }
  const merged: string[] = []
  for (let i = 0; i < count; i = next[i]!) merged.push(symbols[i]!)
  return merged
}
