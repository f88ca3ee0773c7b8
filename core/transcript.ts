import { makeOutputText } from "./_output-text.ts"
import { DecodeError } from "./error.ts"
import type { CommittedEvent, FinishReason } from "./event.ts"
import type { Model } from "./model.ts"
import type { StopRules } from "./request.ts"
import type { MutableSequence } from "./sequence.ts"

/** The output of a text under way: its tokens, its text as far as it is certain, and whether it has ended. */
export interface Transcript {
  /** Committed tokens after the prompt. A view. */
  readonly tokens: readonly number[]
  /** What may be shown of them. */
  readonly text: string
  /**
   * Tokens that may still be committed: the lesser of the request's limit and what the context has left. The last
   * one needs no row, so prompt and output may be one token longer than the context has rows.
   */
  readonly remaining: number
  /** Why the text has ended, once it has. */
  readonly reason: FinishReason | undefined
  /** Whether a token ends the text. */
  readonly isEnd: (token: number) => boolean
  /**
   * Commits tokens, one after the other, until the text ends, and gives how many were. They become part of the
   * history and are outstanding. `proposers` says who proposed each, `null` (the default) being the model itself.
   *
   * @throws DecodeError `decode.token-out-of-range`.
   */
  readonly append: (tokens: ArrayLike<number>, proposers?: ArrayLike<string | null>) => number
  /** What was committed since it was last asked for; `undefined` where nothing was. */
  readonly take: () => CommittedEvent | undefined
}

/** The failure of a token that is not in the vocabulary. */
export const tokenOutOfRange = (token: number, vocabularySize: number): DecodeError =>
  new DecodeError({
    code: "decode.token-out-of-range",
    message: `Token ${token} is not among the ${vocabularySize} of the vocabulary.`,
    fault: "bug",
  })

/** Starts the output of a continuation of `maxTokens`, whose prompt is already in the sequence. */
export const makeTranscript = (
  model: Model,
  { maxTokens, stop }: { readonly maxTokens: number; readonly stop?: StopRules | undefined },
  sequence: MutableSequence,
): Transcript => {
  const { history } = sequence
  const { info } = model
  const output = makeOutputText(model, stop)

  const tokens: number[] = []
  let reason: FinishReason | undefined
  let taken = { tokens: 0, text: 0 }
  let proposersOf: (string | null)[] = []
  let ends: number[] = []

  /** The text ends for want of room. */
  const endAtLimit = (): void => {
    if (tokens.length >= maxTokens) reason = output.close() ?? "maxTokens"
    else if (history.length > info.contextLength) reason = output.close() ?? "contextLength"
  }
  const commit = (token: number): void => {
    if (!Number.isInteger(token) || token < 0 || token >= info.vocabularySize)
      throw tokenOutOfRange(token, info.vocabularySize)
    tokens.push(token)
    history.append(token)
    sequence.outstanding++
    reason = output.push(token)
    if (reason === undefined) endAtLimit()
  }

  endAtLimit()
  return {
    tokens,
    get text(): string {
      return output.text
    },
    get remaining(): number {
      return reason === undefined
        ? Math.min(maxTokens - tokens.length, info.contextLength + 1 - history.length)
        : 0
    },
    get reason(): FinishReason | undefined {
      return reason
    },
    isEnd: output.isEnd,
    append(more, proposers) {
      let count = 0
      for (; count < more.length; count++) {
        if (reason !== undefined) break
        commit(more[count]!)
        proposersOf.push(proposers?.[count] ?? null)
        ends.push(output.text.length - taken.text)
      }
      return count
    },
    take() {
      if (tokens.length === taken.tokens) return undefined
      const event: CommittedEvent = {
        type: "committed",
        tokens: tokens.slice(taken.tokens),
        position: taken.tokens,
        text: output.text.slice(taken.text),
        proposers: proposersOf,
        ends,
      }
      taken = { tokens: tokens.length, text: output.text.length }
      proposersOf = []
      ends = []
      return event
    },
  }
}
