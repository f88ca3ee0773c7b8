/** What drafters guess by that know some tokens of the vocabulary alone. */
export interface DraftHead {
  /** The token of each draft id. */
  readonly tokens: Int32Array
  /** `[tokens, width]`: the LM head's rows of those tokens. */
  readonly rows: Float32Array
}

/** The draft ids of tokens. */
export const draftIds = ({ tokens }: Pick<DraftHead, "tokens">): ReadonlyMap<number, number> =>
  new Map(Array.from(tokens, (token, id) => [token, id]))
