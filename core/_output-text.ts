import { makeStopStrings } from "./_stop-strings.ts"
import type { Model } from "./model.ts"
import type { StopRules } from "./request.ts"

/** How a token can end a text. */
export type TokenEnd = "endToken" | "stopToken" | "stopString"

/** The text of an output, token by token: what of it may be shown, and where stop rules end it. */
export interface OutputText {
  /** What may be shown: certain, and no beginning of a stop string. */
  readonly text: string
  /** Whether a token ends the text. */
  readonly isEnd: (token: number) => boolean
  /** Takes in the next token; why the text ends with it, if it does. `goesOn`: end and stop tokens do not end it. */
  readonly push: (token: number, goesOn?: boolean) => TokenEnd | undefined
  /** Nothing follows: what was held back is shown, or completes a stop string. */
  readonly close: () => "stopString" | undefined
}

export const makeOutputText = (model: Model, stop: StopRules = {}): OutputText => {
  const endTokens = new Set(stop.ignoreEnd === true ? [] : model.info.endTokens)
  const stopTokens = new Set(stop.tokens)
  const stopStrings = makeStopStrings(stop.strings ?? [])
  const detokenizer = model.tokenizer?.streamDecoder()
  let shown = ""
  /** Text behind `shown` that may be the beginning of a stop string. */
  let held = ""

  /** Takes in certain text; shows what cannot belong to a stop string. Says whether a stop string is complete. */
  const read = (text: string): boolean => {
    held += text
    const start = stopStrings.push(text)
    const visible = start >= 0 ? start - shown.length : held.length - stopStrings.held
    shown += held.slice(0, visible)
    held = start >= 0 ? "" : held.slice(visible)
    return start >= 0
  }
  const close = (): "stopString" | undefined => {
    if (read(detokenizer?.flush() ?? "")) return "stopString"
    shown += held
    held = ""
    return undefined
  }
  return {
    get text(): string {
      return shown
    },
    isEnd: (token) => endTokens.has(token) || stopTokens.has(token),
    push(token, goesOn = false) {
      if (!goesOn) {
        if (endTokens.has(token)) return close() ?? "endToken"
        if (stopTokens.has(token)) return close() ?? "stopToken"
      }
      return detokenizer !== undefined && read(detokenizer.push([token])) ? "stopString" : undefined
    },
    close,
  }
}
