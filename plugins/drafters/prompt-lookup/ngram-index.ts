/** Which of several occurrences comes first. */
export type MatchOrder = "earliest" | "latest"

/** Where the n-grams of one length occur in a text that only grows. */
export interface NgramIndex {
  readonly n: number
  /** Note the n-gram `tokens[at .. at + n)`; called once for each `at`, ascending. */
  readonly add: (tokens: Int32Array, at: number) => void
  /** The first occurrence, in the order of the index, of `tokens[at .. at + n)` among those noted, or `-1`. */
  readonly find: (tokens: Int32Array, at: number) => number
  /** The occurrence after `position` in the order of the index, or `-1`. */
  readonly next: (position: number) => number
}

const grown = (array: Int32Array, length: number): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(length).fill(-1)
  larger.set(array)
  return larger
}

/**
 * An index of n-grams by open addressing: constant time per token and per question, no allocation but the doubling of
 * its arrays. A slot holds positions, and the text itself tells equal n-grams from equal hashes.
 */
export const ngramIndex = (n: number, order: MatchOrder): NgramIndex => {
  let mask = 255
  /** By slot: the occurrence to be found first, and the one to link the next to. */
  let heads = new Int32Array(mask + 1).fill(-1)
  let tails = new Int32Array(mask + 1)
  let used = 0
  /** By position: the occurrence after it. */
  let links = new Int32Array(256).fill(-1)

  const slotOf = (tokens: Int32Array, at: number): number => {
    let hash = n
    for (let i = 0; i < n; i++) hash = Math.imul(hash ^ tokens[at + i]!, 0x9e3779b1) ^ (hash >>> 15)
    let slot = (hash ^ (hash >>> 13)) & mask
    for (;;) {
      const head = heads[slot]!
      if (head < 0) return slot
      let i = 0
      while (i < n && tokens[head + i] === tokens[at + i]) i++
      if (i === n) return slot
      slot = (slot + 1) & mask
    }
  }

  const grow = (tokens: Int32Array): void => {
    const oldHeads = heads
    const oldTails = tails
    mask = 2 * mask + 1
    heads = new Int32Array(mask + 1).fill(-1)
    tails = new Int32Array(mask + 1)
    for (let i = 0; i < oldHeads.length; i++) {
      const head = oldHeads[i]!
      if (head < 0) continue
      const slot = slotOf(tokens, head)
      heads[slot] = head
      tails[slot] = oldTails[i]!
    }
  }

  return {
    n,
    add(tokens, at) {
      if (at >= links.length) links = grown(links, Math.max(2 * links.length, at + 1))
      const slot = slotOf(tokens, at)
      if (heads[slot]! < 0) {
        heads[slot] = at
        tails[slot] = at
        if (2 * ++used > mask) grow(tokens)
      } else if (order === "earliest") {
        links[tails[slot]!] = at
        tails[slot] = at
      } else {
        links[at] = heads[slot]!
        heads[slot] = at
      }
    },
    find: (tokens, at) => heads[slotOf(tokens, at)]!,
    next: (position) => links[position] ?? -1,
  }
}
