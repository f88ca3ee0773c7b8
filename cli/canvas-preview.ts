import type { CommittedEvent, ProvisionalEvent } from "@parade/core"
import type { Paint } from "./colour.ts"

const CLEAR_TO_END = "\x1b[K"
const SAVE = "\x1b7"
const RESTORE = "\x1b8"

/** What a terminal is told, so that a line previews what stands behind the committed text for now. */
export interface CanvasPreview {
  /** To be written before committed text, which takes the preview's place. */
  readonly committed: (event: CommittedEvent) => string
  readonly provisional: (event: ProvisionalEvent) => string
  /** Before what follows the text. */
  readonly end: () => string
}

/**
 * A preview never goes beyond the line that the committed text ends in: the cursor can be put back exactly, whatever
 * the terminal does at its edges.
 */
export const canvasPreview = (columns: () => number, paint: Paint): CanvasPreview => {
  let column = 0
  let shown = false
  const clear = (): string => {
    const cleared = shown ? CLEAR_TO_END : ""
    shown = false
    return cleared
  }
  return {
    end: clear,
    committed({ text }) {
      if (text === "") return ""
      const line = text.slice(text.lastIndexOf("\n") + 1)
      column = (text.includes("\n") ? 0 : column) + line.length
      return clear()
    },
    provisional({ text }) {
      const room = columns() - 1 - (column % columns())
      const line = text.split("\n", 1)[0]!.slice(0, Math.max(0, room))
      if (line === "" && !shown) return ""
      shown = line !== ""
      return `${CLEAR_TO_END}${SAVE}${paint.dim(line)}${RESTORE}`
    },
  }
}
