import * as Effect from "effect/Effect"

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

const [tokensName, rowsName] = ["draft.tokens", "draft.rows"]

/** Where trained parts are read from. */
export interface DraftHeadSource<E> {
  /** The numbers of a tensor that has to have this shape. */
  readonly floats: (name: string, shape: readonly number[]) => Effect.Effect<Float32Array, E>
  /** The failure of parts that are damaged. */
  readonly damaged: (message: string) => E
}

/** Reads a draft head of so many tokens that lies among trained parts: `draft.tokens` `[count]` and `draft.rows` `[count, width]`. */
export const readDraftHead = <E>(
  { floats, damaged }: DraftHeadSource<E>,
  count: number,
  width: number,
): Effect.Effect<DraftHead, E> =>
  Effect.gen(function* () {
    const tokens = yield* floats(tokensName, [count])
    const seen = new Set<number>()
    for (const token of tokens) {
      if (!Number.isSafeInteger(token) || token < 0 || token >= 2 ** 31)
        return yield* Effect.fail(damaged(`${tokensName} has ${token}, which is no token.`))
      if (seen.has(token)) return yield* Effect.fail(damaged(`${tokensName} has ${token} twice.`))
      seen.add(token)
    }
    return { tokens: Int32Array.from(tokens), rows: yield* floats(rowsName, [count, width]) }
  })

/** Whole numbers as a tensor to be written. */
export interface TokenTensor {
  readonly name: string
  readonly type: "I32"
  readonly shape: readonly number[]
  readonly bytes: () => Uint8Array
}

/** A draft head as {@link readDraftHead} reads it: its rows as `floats` makes tensors of numbers, and its tokens. */
export const draftHeadTensors = <T>(
  { tokens, rows }: DraftHead,
  floats: (name: string, shape: readonly number[], values: Float32Array) => T,
): readonly [rows: T, tokens: TokenTensor] => [
  floats(rowsName, [tokens.length, rows.length / tokens.length], rows),
  {
    name: tokensName,
    type: "I32",
    shape: [tokens.length],
    bytes: () => new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength),
  },
]
