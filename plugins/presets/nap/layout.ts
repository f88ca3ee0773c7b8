import type { CanvasTarget, FixedTokens, Span, Tokenizer } from "@parade/core"

/** How traces and summary stand on a canvas. */
export interface TraceLayout {
  /** Traces (`m`). */
  readonly traces: number
  /** Positions of a trace (`L_R`). */
  readonly traceLength: number
  /** Positions of the summary (`L_S`). */
  readonly summaryLength: number
  /** Text before each trace; `{n}` is its number, from 1. */
  readonly open: string
  /** Text behind it. */
  readonly close: string
  /** Text before the summary. */
  readonly summary: string
}

/** The span that is the answer. */
export const summarySpan = "summary"

const numbered = (tag: string, n: number): string => tag.replaceAll("{n}", String(n))

/**
 * The canvas `[h₁, R₁, e₁, …, h_m, R_m, e_m, h_S, S]`: tags stand from the start, traces and summary are masked. Behind the summary
 * there is nothing, so that an end of text ends it.
 */
export const traceCanvas = (
  { traces, traceLength, summaryLength, open, close, summary }: TraceLayout,
  encode: Tokenizer["encode"],
): CanvasTarget => {
  const fixed: FixedTokens[] = []
  const spans: Record<string, Span> = {}
  let at = 0
  const tag = (text: string): void => {
    if (text === "") return
    const tokens = encode(text, { addSpecialTokens: false })
    fixed.push({ at, tokens })
    at += tokens.length
  }
  const hole = (name: string, length: number): void => {
    spans[name] = { start: at, end: at + length }
    at += length
  }
  for (let n = 1; n <= traces; n++) {
    tag(numbered(open, n))
    hole(`trace ${n}`, traceLength)
    tag(numbered(close, n))
  }
  tag(summary)
  hole(summarySpan, summaryLength)
  return { kind: "canvas", length: at, fixed, spans, answer: summarySpan }
}
