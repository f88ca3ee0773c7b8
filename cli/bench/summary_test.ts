import assert from "node:assert/strict"
import test from "node:test"
import type { Stats } from "@parade/core"
import { toMarkdown, toTable } from "./report.ts"
import { type BenchResult, firstDifference, type Sample } from "./sample.ts"
import { summarise } from "./summary.ts"

const stats = (tokensPerSecond: number, forwards: number): Stats => ({
  promptTokens: 4,
  tokens: 12,
  forwards,
  rows: 20,
  rounds: forwards,
  proposed: 10,
  accepted: 12 - forwards,
  tokensPerForward: 12 / forwards,
  meanAcceptanceLength: 12 / forwards,
  prefillMs: 5,
  decodeMs: 100,
  tokensPerSecond,
  byProposer: {},
})

const sample = (pipeline: string, category: string, round: number, speed: number, forwards = 12): Sample => ({
  pipeline,
  prompt: `${category}-1`,
  category,
  round,
  tokens: [1, 2, 3],
  stats: stats(speed, forwards),
  residentBytes: 1,
})

const result: BenchResult = {
  version: 1,
  machine: { cpu: "test", cores: 2, node: "20", platform: "linux" },
  model: { name: "tiny", dtype: "fp32", device: "reference" },
  baseline: "plain",
  pipelines: ["plain", "lookup"],
  rounds: 2,
  maxTokens: 12,
  samples: [
    sample("plain", "copy", 0, 100),
    sample("lookup", "copy", 0, 300, 4),
    sample("plain", "copy", 1, 10),
    sample("lookup", "copy", 1, 30, 4),
    sample("plain", "write", 0, 100),
    sample("lookup", "write", 0, 90),
  ],
  divergences: [{ pipeline: "lookup", prompt: "write-1", position: 7, margin: 0.0125 }],
}

test("Speed-ups are paired by prompt and round, and acceptance comes from the counts.", () => {
  const copy = summarise(result).find((line) => line.category === "copy" && line.pipeline === "lookup")
  assert.equal(copy?.ratio.median, 3)
  assert.equal(copy?.tokensPerForward, 3)
  assert.equal(copy?.acceptance, 16 / 20)
  assert.deepEqual(copy?.identical, { texts: 1, of: 1 })
})

test("Right answers are counted of those that were judged.", () => {
  const judged = result.samples.map((one, i) => (i < 4 ? { ...one, correct: i !== 1 } : one))
  const lines = summarise({ ...result, samples: judged })
  const correct = (category: string, pipeline: string) =>
    lines.find((line) => line.category === category && line.pipeline === pipeline)?.correct
  assert.equal(correct("copy", "plain"), 1)
  assert.equal(correct("copy", "lookup"), 0.5)
  assert.equal(correct("write", "plain"), Number.NaN)
  assert.equal(correct("all", "lookup"), 0.5)
})

test("Every category has a line per pipeline, and all prompts together one more.", () => {
  assert.deepEqual(
    summarise(result).map((line) => `${line.category} ${line.pipeline}`),
    ["copy plain", "copy lookup", "write plain", "write lookup", "all plain", "all lookup"],
  )
})

test("Both reports show every line and name each divergence with its margin.", () => {
  for (const text of [toTable(result), toMarkdown(result)]) {
    assert.equal(
      text.split("\n").filter((line) => /copy|write|all/.test(line) && line.includes("0")).length >= 6,
      true,
    )
    assert.match(text, /lookup leaves plain decoding on write-1 at token 7, top-2 margin 0\.013/)
  }
})

test("A text that merely stops earlier differs where it stops.", () => {
  assert.equal(firstDifference([1, 2], [1, 2]), undefined)
  assert.equal(firstDifference([1, 2], [1, 2, 3]), 2)
  assert.equal(firstDifference([1, 5, 3], [1, 2, 3]), 1)
})
