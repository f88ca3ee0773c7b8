import type { BenchResult } from "../../cli/bench/sample.ts"
import { type Spread, spread } from "../../cli/bench/statistics.ts"
import { summarise } from "../../cli/bench/summary.ts"
import { published } from "./published.ts"

/** A pipeline beside plain decoding, in a run of their own. */
export interface Measured {
  /** What the table calls the model. */
  readonly model: string
  readonly drafter: string
  readonly name: string
  readonly result: BenchResult
}

/** A drafter that was not measured on a model. */
export interface Skipped {
  readonly model: string
  readonly drafter: string
  readonly reason: string
}

const headings = [
  "model",
  "drafter",
  "tok/forward",
  "acceptance length",
  "accepted",
  "tok/s (quartiles)",
  "× plain (quartiles)",
  "same text",
  "× plain, paper",
] as const

type Row = readonly string[]

const number = (value: number, digits: number): string =>
  Number.isFinite(value) ? value.toFixed(digits) : "–"

const range = ({ median, low, high }: Spread, digits: number): string =>
  `${number(median, digits)} (${number(low, digits)}–${number(high, digits)})`

/** Plain decoding in all runs on a model. */
const plainRow = (model: string, measured: readonly Measured[]): Row => {
  const samples = measured.flatMap(({ result }) =>
    result.samples.filter(({ pipeline }) => pipeline === result.baseline),
  )
  const speeds = spread(samples.map(({ stats }) => stats.tokensPerSecond))
  return [model, "plain", "1.00", "1.00", "–", range(speeds, 1), "1", "–", "1"]
}

const rowOf = ({ model, drafter, name, result }: Measured): Row => {
  const line = summarise(result).findLast(({ pipeline }) => pipeline !== result.baseline)!
  return [
    model,
    name,
    number(line.tokensPerForward, 2),
    number(line.meanAcceptanceLength, 2),
    Number.isFinite(line.acceptance) ? `${number(100 * line.acceptance, 0)} %` : "–",
    range(line.tokensPerSecond, 1),
    range(line.ratio, 2),
    `${line.identical.texts}/${line.identical.of}`,
    published.get(drafter)?.speedup ?? "–",
  ]
}

const rowLine = (cells: Row): string => `| ${cells.join(" | ")} |`

/**
 * All drafters on all models as a GitHub table, plain decoding first on each; then what was not measured, and what the papers' figures
 * are of.
 */
export const toMarkdown = (measured: readonly Measured[], skipped: readonly Skipped[]): string => {
  const models = [...new Set(measured.map(({ model }) => model))]
  const rows = models.flatMap((model) => {
    const own = measured.filter((one) => one.model === model)
    return [plainRow(model, own), ...own.map(rowOf)]
  })
  const drafters = new Set(measured.map(({ drafter }) => drafter))
  return [
    rowLine(headings),
    rowLine(headings.map((_, i) => (i < 2 ? "---" : "--:"))),
    ...rows.map(rowLine),
    "",
    ...skipped.map(({ model, drafter, reason }) => `- ${drafter} on ${model}: skipped. ${reason}`),
    ...[...published]
      .filter(([drafter]) => drafters.has(drafter))
      .map(([drafter, { where }]) => `- ${drafter}, paper: ${where}`),
  ].join("\n")
}
