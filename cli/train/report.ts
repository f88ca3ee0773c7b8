import type { StepRecord } from "@parade/training"
import { escape, lineChart, type Series } from "../chart.ts"
import { style } from "../page-style.ts"
import { duration } from "./pace.ts"

/** What a report is of. */
export interface ReportSubject {
  readonly name: string
  readonly description: string
  readonly steps: number
  readonly tokensPerStep: number
  readonly device: string
}

/** Means of neighbours, a fortieth of all to each side, so that a noisy line shows where it goes. */
const smoothed = (points: Series["points"]): Series["points"] => {
  const before = [0]
  for (const [, y] of points) before.push(before.at(-1)! + y)
  const reach = Math.floor(points.length / 40)
  return points.map(([x], i) => {
    // As far to both sides, so that the ends are not drawn towards the middle.
    const near = Math.min(reach, i, points.length - 1 - i)
    return [x, (before[i + near + 1]! - before[i - near]!) / (2 * near + 1)] as const
  })
}

const pointsOf = (
  records: readonly StepRecord[],
  value: (record: StepRecord) => number | undefined,
): Series["points"] =>
  records.flatMap((record) => {
    const y = value(record)
    return y === undefined || !Number.isFinite(y) ? [] : [[record.step, y] as const]
  })

/** Losses on what is held out, `loss.<name>`, each with its `baseline.<name>` where there is one. */
const heldOut = (records: readonly StepRecord[]): readonly Series[] => {
  const evaluated = records.flatMap(({ step, evaluation }) =>
    evaluation === undefined ? [] : [{ step, evaluation }],
  )
  const last = evaluated.at(-1)
  const names = Object.keys(last?.evaluation ?? {}).filter((name) => name.startsWith("loss."))
  return names.flatMap((key): readonly Series[] => {
    const name = key.slice("loss.".length)
    const points = pointsOf(records, ({ evaluation }) => evaluation?.[key])
    const baseline = last!.evaluation[`baseline.${name}`]
    const across = [points[0]![0], last!.step].map((step) => [step, baseline!] as const)
    return [
      { name, points },
      ...(baseline === undefined ? [] : [{ name: "baseline", points: across, dashed: true }]),
    ]
  })
}

const facts = (
  subject: ReportSubject,
  records: readonly StepRecord[],
): readonly (readonly [string, string])[] => {
  const last = records.at(-1)
  const seconds = records.reduce((sum, record) => sum + record.seconds, 0)
  const plain = records.filter(({ evaluation }) => evaluation === undefined).map((record) => record.seconds)
  const median = plain.toSorted((a, b) => a - b)[Math.floor(plain.length / 2)]
  return [
    ["steps", `${last?.step ?? 0} of ${subject.steps}`],
    ["tokens", `${(((last?.step ?? 0) * subject.tokensPerStep) / 1e6).toFixed(2)} M`],
    ["time in steps", duration(seconds)],
    ["tokens/s, median step", median === undefined ? "–" : (subject.tokensPerStep / median).toFixed(0)],
    ["last loss", last === undefined ? "–" : last.metrics["loss"]!.toFixed(4)],
    ["device", subject.device],
  ]
}

const tableOf = (rows: readonly (readonly [string, string])[]): string =>
  `<table>${rows.map(([name, value]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`).join("")}</table>`

/** The course of a training as one HTML page that needs nothing else. */
export const trainingReport = (subject: ReportSubject, records: readonly StepRecord[]): string => {
  const losses = pointsOf(records, ({ metrics }) => metrics["loss"])
  const last = records.findLast(({ evaluation }) => evaluation !== undefined)
  const metrics = Object.keys(records[0]?.metrics ?? {}).filter((name) => name !== "loss")
  const charts = [
    lineChart("Training loss", "by step", [
      { name: "each step", points: losses, faint: true },
      { name: "running mean", points: smoothed(losses) },
    ]),
    lineChart("Held-out losses", "by step", heldOut(records)),
    ...metrics.map((name) =>
      lineChart(name, "by step", [{ name, points: pointsOf(records, (record) => record.metrics[name]) }]),
    ),
    lineChart("Learning rate", "by step", [{ name: "rate", points: pointsOf(records, ({ rate }) => rate) }]),
    lineChart("Length of the gradient", "before clipping", [
      { name: "gradient", points: pointsOf(records, ({ gradientNorm }) => gradientNorm) },
    ]),
  ]
  const figures = Object.entries(last?.evaluation ?? {}).map(
    ([name, value]) => [name, value.toFixed(4)] as const,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(subject.name)}</title><style>${style}</style></head><body>
<h1>${escape(subject.name)}</h1><p>${escape(subject.description)}</p>
${tableOf(facts(subject, records))}
<main>${charts.join("\n")}</main>
${last === undefined ? "" : `<h2>Evaluation after step ${last.step}</h2>${tableOf(figures)}`}
</body></html>
`
}
