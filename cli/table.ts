import type { Paint } from "./colour.ts"

/** Columns of text under headings; numbers (and what starts with one) to the right. */
export const table = (
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string => {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  )
  const numeric = headings.map((_, column) => rows.every((row) => /^[\d–-]/.test(row[column] ?? "")))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd()
  return [paint.dim(line(headings)), ...rows.map(line)].join("\n")
}
