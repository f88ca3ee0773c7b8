/** Finds the first of several strings in a text that comes in pieces. */
export interface StopStrings {
  /**
   * Reads on. Gives the index, in all text read so far, where the stop string begins that is completed first (the
   * longest of those completed by the same character), or `-1`. Not called again after it was found.
   */
  readonly push: (text: string) => number
  /** Characters at the end of the text that may be the beginning of a stop string. */
  readonly held: number
}

/** For each length of a match, the length of the longest shorter one that ends in the same characters. */
const fallbacks = (pattern: string): Int32Array => {
  const table = new Int32Array(pattern.length)
  let length = 0
  for (let i = 1; i < pattern.length; i++) {
    while (length > 0 && pattern[i] !== pattern[length]) length = table[length - 1]!
    if (pattern[i] === pattern[length]) length++
    table[i] = length
  }
  return table
}

/**
 * Watches for stop strings, none of them empty, with the automaton of Knuth, Morris and Pratt: one step per character
 * and string, however the text is cut into pieces.
 */
export const makeStopStrings = (patterns: readonly string[]): StopStrings => {
  const automata = patterns.map((pattern) => ({ pattern, table: fallbacks(pattern), matched: 0 }))
  let read = 0
  return {
    get held(): number {
      return automata.reduce((most, { matched }) => Math.max(most, matched), 0)
    },
    push(text: string): number {
      if (automata.length === 0) return -1
      for (let i = 0; i < text.length; i++) {
        read++
        let longest = 0
        for (const automaton of automata) {
          const { pattern, table } = automaton
          while (automaton.matched > 0 && text[i] !== pattern[automaton.matched])
            automaton.matched = table[automaton.matched - 1]!
          if (text[i] === pattern[automaton.matched]) automaton.matched++
          if (automaton.matched === pattern.length) longest = Math.max(longest, pattern.length)
        }
        if (longest > 0) return read - longest
      }
      return -1
    },
  }
}
