import type { BenchResult, Divergence } from "./sample.ts"
import type { Spread } from "./statistics.ts"
import { type Line, summarise } from "./summary.ts"

const number = (value: number, digits: number): string =>
  Number.isFinite(value) ? value.toFixed(digits) : "–"

const percent = (share: number): string => (Number.isFinite(share) ? `${number(100 * share, 0)} %` : "–")

const range = (value: Spread, digits: number): string =>
  `${number(value.median, digits)} (${number(value.low, digits)}–${number(value.high, digits)})`

const headingsOf = ({ baseline }: BenchResult): readonly string[] => [
  "prompts",
  "pipeline",
  "tok/s (quartiles)",
  `× ${baseline} (quartiles)`,
  "tok/forward",
  "acceptance length",
  "accepted",
  "rows/tok",
  "prefill ms",
  "decode ms",
  "correct",
  "same text",
]

const cells = (line: Line): string[] => [
  line.category,
  line.pipeline,
  range(line.tokensPerSecond, 1),
  range(line.ratio, 2),
  number(line.tokensPerForward, 2),
  number(line.meanAcceptanceLength, 2),
  percent(line.acceptance),
  number(line.rowsPerToken, 2),
  number(line.prefillMs.median, 1),
  number(line.decodeMs.median, 0),
  percent(line.correct),
  `${line.identical.texts}/${line.identical.of}`,
]

const describeDivergence = (divergence: Divergence, { baseline }: BenchResult): string => {
  const margin = divergence.margin === undefined ? "" : `, top-2 margin ${divergence.margin.toFixed(3)}`
  const from = baseline === "plain" ? "plain decoding" : baseline
  return `${divergence.pipeline} leaves ${from} on ${divergence.prompt} at token ${divergence.position}${margin}`
}

const heading = (result: BenchResult): string => {
  const { machine, model } = result
  return (
    `${model.name} as ${model.dtype} on ${model.device}, ${machine.cores} × ${machine.cpu}, Node ${machine.node}: ` +
    `${result.rounds} ${result.rounds === 1 ? "round" : "rounds"}, up to ${result.maxTokens} tokens, interleaved; × is paired with ${result.baseline}`
  )
}

/** The report for a terminal. */
export const toTable = (result: BenchResult): string => {
  const headings = headingsOf(result)
  const rows = [[...headings], ...summarise(result).map(cells)]
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const text = rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  "),
  )
  text.splice(1, 0, widths.map((width) => "─".repeat(width)).join("  "))
  return [
    heading(result),
    "",
    ...text,
    "",
    ...result.divergences.map((one) => describeDivergence(one, result)),
  ]
    .join("\n")
    .trimEnd()
}

/** The report as a GitHub table. */
export const toMarkdown = (result: BenchResult): string => {
  const headings = headingsOf(result)
  const row = (values: readonly string[]): string => `| ${values.join(" | ")} |`
  const table = [
    row(headings),
    row(headings.map((_, i) => (i < 2 ? "---" : "--:"))),
    ...summarise(result).map(cells).map(row),
  ]
  const notes = result.divergences.map((divergence) => `- ${describeDivergence(divergence, result)}`)
  return [heading(result), "", ...table, "", ...notes].join("\n").trimEnd()
}
