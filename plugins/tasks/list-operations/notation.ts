import { type Span, spansOf } from "@parade/tasks"

/** How a list is written. */
export interface ListNotation {
  readonly write: (items: readonly string[]) => string
  /** Where the items stand in what is written. */
  readonly spans: (items: readonly string[]) => readonly Span[]
  /** Reads a list leniently; `undefined` where there is none. */
  readonly read: (text: string) => readonly string[] | undefined
}

/** `["A", "B"]`; read from the last bracket on, whatever quotes and spaces are there. */
const json: ListNotation = {
  write: (items) => `[${items.map((item) => `"${item}"`).join(", ")}]`,
  spans: (items) => spansOf(items, '", "', 2),
  read(text) {
    const open = text.lastIndexOf("[")
    if (open < 0) return undefined
    const close = text.indexOf("]", open)
    return text
      .slice(open + 1, close < 0 ? undefined : close)
      .split(",")
      .map((item) => item.replaceAll(/^[\s"']+|[\s"']+$/g, ""))
      .filter((item) => item !== "")
  },
}

/** Items with something between them, on one line. */
const separated = (separator: string): ListNotation => ({
  write: (items) => items.join(separator),
  spans: (items) => spansOf(items, separator),
  read: (text) =>
    text
      .trim()
      .split("\n")[0]!
      .split(separator.trim() || /\s+/)
      .map((item) => item.trim())
      .filter((item) => item !== ""),
})

/** The name of a notation. */
export type ListNotationName = "json" | "commas" | "spaces"

/** The notations by name. */
export const listNotations: Readonly<Record<ListNotationName, ListNotation>> = {
  json,
  commas: separated(", "),
  spaces: separated(" "),
}
