/** Credit by position and token: a decaying sum of past top-1 probabilities. */
export interface Credits {
  /** A step begins: all credit decays. */
  readonly decay: (beta: number) => void
  /** Adds to the credit of a token at a position. */
  readonly add: (position: number, token: number, amount: number) => void
  /** Credit by token, of those that ever had any. */
  readonly at: (position: number) => ReadonlyMap<number, number>
  readonly clear: () => void
}

const none: ReadonlyMap<number, number> = new Map()

export const makeCredits = (): Credits => {
  const byPosition = new Map<number, Map<number, number>>()
  return {
    decay(beta) {
      for (const credits of byPosition.values())
        for (const [token, credit] of credits) credits.set(token, beta * credit)
    },
    add(position, token, amount) {
      const credits = byPosition.get(position) ?? new Map<number, number>()
      byPosition.set(position, credits.set(token, (credits.get(token) ?? 0) + amount))
    },
    at: (position) => byPosition.get(position) ?? none,
    clear: () => byPosition.clear(),
  }
}
