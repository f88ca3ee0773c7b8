import type { CommittedEvent, Stats } from "@parade/core"
import type { Paint } from "./colour.ts"

/**
 * The text of newly committed tokens, what was drafted and survived verification set apart. `spell` makes it fit to be
 * shown.
 */
export const paintCommitted = (
  event: CommittedEvent,
  paint: Paint,
  spell: (text: string) => string = (text) => text,
): string => {
  let painted = ""
  let start = 0
  let from = 0
  const flush = (to: number, drafted: boolean): void => {
    const part = spell(event.text.slice(from, to))
    painted += drafted ? paint.green(part) : part
    from = to
  }
  for (let i = 1; i <= event.ends.length; i++) {
    const drafted = event.proposers[start] !== null
    if (i < event.ends.length && (event.proposers[i] !== null) === drafted) continue
    flush(event.ends[i - 1]!, drafted)
    start = i
  }
  flush(event.text.length, false)
  return painted
}

const count = (value: number, one: string, many: string): string => `${value} ${value === 1 ? one : many}`

/** The figures of a finished text in one line. */
export const summaryLine = (stats: Stats): string => {
  const parts = [
    count(stats.tokens, "token", "tokens"),
    count(stats.rounds, "round", "rounds"),
    `${stats.tokensPerForward.toFixed(2)} tokens per forward`,
  ]
  if (stats.proposed > 0)
    parts.push(
      `${stats.accepted} of ${stats.proposed} drafted accepted (${Math.round((100 * stats.accepted) / stats.proposed)} %)`,
    )
  // A canvas has no prefill: its prompt is read with what is filled in.
  const milliseconds = Math.round(stats.prefillMs)
  const read = milliseconds > 0 ? ` in ${milliseconds} ms` : ""
  parts.push(`${stats.tokensPerSecond.toFixed(1)} tokens/s`, `prompt of ${stats.promptTokens}${read}`)
  return parts.join(" · ")
}
