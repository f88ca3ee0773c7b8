import { accuracyUnderParallelism } from "@parade/parallelbench"
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

/**
 * All tasks side by side, a line per method and setting, as a GitHub table: tokens per forward, forwards of an answer and share of
 * right ones; and time on the first task, as times the baseline's speed.
 */
export const overviewToMarkdown = (lines: readonly Line[]): string => {
  const tasks = [...new Set(lines.map(({ task }) => task))]
  const [first, ...others] = tasks.map((task) => lines.filter((line) => line.task === task))
  const row = (values: readonly string[]): string => `| ${values.join(" | ")} |`
  const cell = ({ tokensPerForward, forwards, accuracy }: Line): string =>
    `${tokensPerForward.toFixed(2)} · ${forwards.toFixed(1)} · ${(100 * accuracy).toFixed(0)} %`
  return [
    row(["tokens per forward · forwards · right", ...tasks, `× uncached, ${tasks[0]}`]),
    row(["---", ...tasks.map(() => "--:"), "--:"]),
    ...first!.map((line, i) =>
      row([
        `${line.method}, ${line.setting}`,
        cell(line),
        ...others.map((own) => cell(own[i]!)),
        line.speedup.toFixed(1),
      ]),
    ),
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

/**
 * Accuracy under parallelism of each method's settings beside the baseline, the first of the lines, as a GitHub table from the
 * highest down; the best accuracy is that of any line of the task.
 */
export const areasToMarkdown = (lines: readonly Line[]): string => {
  const [baseline] = lines
  const best = 100 * Math.max(...lines.map(({ accuracy }) => accuracy))
  const methods = [...new Set(lines.map(({ method }) => method))]
  const areas = methods.map((method) => {
    const own = lines.filter((line) => line === baseline || line.method === method)
    const reached = own.map(({ tokensPerForward, accuracy }) => ({
      tokensPerForward,
      accuracy: 100 * accuracy,
    }))
    return { method, area: best === 0 ? 0 : accuracyUnderParallelism(reached, { best }) }
  })
  return [
    "| method | accuracy under parallelism |",
    "| --- | --: |",
    ...areas.sort((a, b) => b.area - a.area).map(({ method, area }) => `| ${method} | ${area.toFixed(0)} |`),
  ].join("\n")
}
