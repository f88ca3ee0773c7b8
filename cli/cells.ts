/** What terminals give two cells: the wide and full-width characters of Unicode's East Asian Width, and emoji. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]/u

/** What stands over the character before it, or is not shown. */
const combining = /[\p{Mn}\p{Me}\p{Cf}]/u

/** The column behind a character that begins in `column`. */
const after = (column: number, character: string): number => {
  if (character === "\t") return column - (column % 8) + 8
  return column + (combining.test(character) ? 0 : wide.test(character) ? 2 : 1)
}

/** The column in which a line of text ends that begins in `column`. */
export const endColumn = (column: number, line: string): number => Array.from(line).reduce(after, column)

/** As much of a line as stands left of the column `end`. */
export const upToColumn = (line: string, column: number, end: number): string => {
  let at = column
  let kept = ""
  for (const character of line) {
    at = after(at, character)
    if (at > end) break
    kept += character
  }
  return kept
}
