import assert from "node:assert/strict"
import { test } from "node:test"
import type { StepRecord } from "@parade/training"
import { lineChart, ticks } from "../chart.ts"
import { duration, Pace } from "./pace.ts"
import { trainingReport } from "./report.ts"
import { sparkline } from "./sparkline.ts"

const record = (step: number, evaluation?: Readonly<Record<string, number>>): StepRecord => ({
  step,
  rate: 1e-3,
  gradientNorm: 1,
  metrics: { loss: 4 / step },
  ...(evaluation === undefined ? {} : { evaluation }),
  seconds: evaluation === undefined ? 0.5 : 30,
})

test("a sparkline goes from the lowest to the highest, by means where there are many", () => {
  assert.equal(sparkline([1, 2, 3, 8], 10), "▁▂▃█")
  assert.equal(sparkline([0, 2, 6, 8], 2), "▁█")
  assert.equal(sparkline([5, 5], 2), "▁▁")
  assert.equal(sparkline([], 5), "")
})

test("ticks are round and within the range", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10])
  assert.deepEqual(ticks(0.13, 0.42, 3), [0.2, 0.3, 0.4])
  assert.deepEqual(ticks(3, 3, 5), [3])
})

test("the pace is that of steps without an evaluation", () => {
  const pace = new Pace(100)
  pace.add(record(1, {}))
  assert.equal(pace.secondsPerStep, 30)
  pace.add(record(2))
  assert.equal(pace.secondsPerStep, 0.5)
  assert.equal(pace.tokensPerSecond, 200)
  assert.deepEqual([duration(12), duration(600), duration(3900)], ["12 s", "10 min", "1 h 05 min"])
})

test("a chart draws a line for each series, and names are text", () => {
  const chart = lineChart("Loss <b>", "by step", [
    { name: "a & b", points: Array.from({ length: 5000 }, (_, i) => [i, Math.sin(i / 100)] as const) },
    { name: "one", points: [[10, 0]] },
  ])
  assert.equal(chart.match(/<polyline/g)!.length, 2)
  assert.ok(chart.includes("Loss &lt;b&gt;") && chart.includes("a &amp; b") && !chart.includes("NaN"))
  assert.ok(chart.length < 20_000, "thousands of points are thinned")
})

test("a report needs nothing from elsewhere, and puts baselines beside held-out losses", () => {
  const records = [
    record(1),
    record(2, { "loss.text": 3 }),
    record(3),
    record(4, { "loss.text": 2.5, "baseline.text": 2.75 }),
  ]
  const subject = { name: "@some/recipe", description: "some", steps: 8, tokensPerStep: 1000, device: "cpu" }
  const page = trainingReport(subject, records)
  assert.doesNotMatch(page, /https?:|src=|<script|<link|@import|url\(/)
  assert.match(page, /4 of 8/)
  assert.match(page, /dashed"><\/i>baseline</)
  assert.match(page, /<th>baseline\.text<\/th><td>2\.7500<\/td>/)
  assert.doesNotMatch(page, /NaN|undefined|Infinity/)
  assert.doesNotMatch(trainingReport(subject, [record(1)]), /NaN|undefined|Infinity/)
})
