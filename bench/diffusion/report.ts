import type { Line } from "./lines.ts"

const headings = [
  "method",
  "setting",
  "correct",
  "tok/forward",
  "forwards",
  "rows",
  "tok/s",
  "× uncached",
] as const

const cells = (line: Line): readonly string[] => [
  line.method,
  line.setting,
  `${(100 * line.accuracy).toFixed(0)} % ± ${(100 * line.error).toFixed(0)}`,
  line.tokensPerForward.toFixed(2),
  line.forwards.toFixed(1),
  line.rows.toFixed(0),
  line.tokensPerSecond.toFixed(0),
  line.speedup.toFixed(1),
]

/** The lines of one task as a GitHub table; what lies on the frontier is bold. */
export const toMarkdown = (lines: readonly Line[]): string => {
  const row = (values: readonly string[]): string => `| ${values.join(" | ")} |`
  const bold = ([method, ...rest]: readonly string[], { isFrontier }: Line): readonly string[] => [
    isFrontier ? `**${method}**` : method!,
    ...rest,
  ]
  return [
    row(headings),
    row(headings.map((_, i) => (i < 2 ? "---" : "--:"))),
    ...lines.map((line) => row(bold(cells(line), line))),
  ].join("\n")
}

/** The lines of one task for a terminal; what lies on the frontier has a mark. */
export const toTable = (lines: readonly Line[]): string => {
  const rows = [["", ...headings], ...lines.map((line) => [line.isFrontier ? "*" : "", ...cells(line)])]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
    )
    .join("\n")
}
