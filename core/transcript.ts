import { makeStopStrings } from "./_stop-strings.ts"
import { DecodeError } from "./error.ts"
import type { CommittedEvent, FinishReason } from "./event.ts"
import type { Model } from "./model.ts"
import type { Request } from "./request.ts"
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

/** Starts the output of a request, whose prompt is already in the sequence. */
export const makeTranscript = (model: Model, request: Request, sequence: MutableSequence): Transcript => {
  const { history } = sequence
  const { info } = model
  const stop = request.stop ?? {}
  const endTokens = new Set(stop.ignoreEnd === true ? [] : info.endTokens)
  const stopTokens = new Set(stop.tokens)
  const stopStrings = makeStopStrings(stop.strings ?? [])
  const detokenizer = model.tokenizer?.streamDecoder()

  const tokens: number[] = []
  let shown = ""
  /** Text behind `shown` that may be the beginning of a stop string. */
  let held = ""
  let reason: FinishReason | undefined
  let taken = { tokens: 0, text: 0 }
  let proposersOf: (string | null)[] = []
  let ends: number[] = []

  /** Takes in certain text; shows what cannot belong to a stop string. Says whether a stop string is complete. */
  const read = (text: string): boolean => {
    held += text
    const start = stopStrings.push(text)
    const visible = start >= 0 ? start - shown.length : held.length - stopStrings.held
    shown += held.slice(0, visible)
    held = start >= 0 ? "" : held.slice(visible)
    return start >= 0
  }
  const limit = (): FinishReason | undefined =>
    tokens.length >= request.target.maxTokens
      ? "maxTokens"
      : history.length > info.contextLength
        ? "contextLength"
        : undefined
  /** The text ends with the token just committed, or before the first. */
  const end = (why: FinishReason): void => {
    reason = why
    if (why === "stopString") return
    if (read(detokenizer?.flush() ?? "")) reason = "stopString"
    shown += held
    held = ""
  }
  const commit = (token: number): void => {
    if (!Number.isInteger(token) || token < 0 || token >= info.vocabularySize)
      throw new DecodeError({
        code: "decode.token-out-of-range",
        message: `Token ${token} is not among the ${info.vocabularySize} of the vocabulary.`,
        fault: "bug",
      })
    tokens.push(token)
    history.append(token)
    sequence.outstanding++
    if (endTokens.has(token)) end("endToken")
    else if (stopTokens.has(token)) end("stopToken")
    else if (detokenizer !== undefined && read(detokenizer.push([token]))) end("stopString")
    else {
      const why = limit()
      if (why !== undefined) end(why)
    }
  }

  const atOnce = limit()
  if (atOnce !== undefined) end(atOnce)
  return {
    tokens,
    get text(): string {
      return shown
    },
    get remaining(): number {
      return reason === undefined
        ? Math.min(request.target.maxTokens - tokens.length, info.contextLength + 1 - history.length)
        : 0
    },
    get reason(): FinishReason | undefined {
      return reason
    },
    isEnd: (token) => endTokens.has(token) || stopTokens.has(token),
    append(more, proposers) {
      let count = 0
      for (; count < more.length; count++) {
        if (reason !== undefined) break
        commit(more[count]!)
        proposersOf.push(proposers?.[count] ?? null)
        ends.push(shown.length - taken.text)
      }
      return count
    },
    take() {
      if (tokens.length === taken.tokens) return undefined
      const event: CommittedEvent = {
        type: "committed",
        tokens: tokens.slice(taken.tokens),
        position: taken.tokens,
        text: shown.slice(taken.text),
        proposers: proposersOf,
        ends,
      }
      taken = { tokens: tokens.length, text: shown.length }
      proposersOf = []
      ends = []
      return event
    },
  }
}
