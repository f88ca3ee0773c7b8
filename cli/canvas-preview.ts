import type { CommittedEvent, ProvisionalEvent } from "@parade/core"
import { endColumn, upToColumn } from "./cells.ts"
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
      column = endColumn(text.includes("\n") ? 0 : column % columns(), line)
      return clear()
    },
    provisional({ text }) {
      // Behind a full line the cursor is still in it, and what is written next in the one below.
      const at = column > 0 && column % columns() === 0 ? columns() : column % columns()
      const line = upToColumn(text.split("\n", 1)[0]!, at, columns() - 1)
      if (line === "" && !shown) return ""
      shown = line !== ""
      return `${CLEAR_TO_END}${SAVE}${paint.dim(line)}${RESTORE}`
    },
  }
}
