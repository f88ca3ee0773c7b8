import assert from "node:assert/strict"
import { test } from "node:test"
import type { BenchResult, Sample } from "../../cli/bench/sample.ts"
import { toMarkdown } from "./table.ts"

const sample = (pipeline: string, category: string, speed: number, forwards: number): Sample => ({
  pipeline,
  prompt: category,
  category,
  round: 0,
  tokens: [1, 2, 3],
  stats: {
    promptTokens: 4,
    tokens: 12,
    forwards,
    rows: 20,
    rounds: forwards,
    proposed: pipeline === "plain" ? 0 : 8,
    accepted: 12 - forwards,
    tokensPerForward: 12 / forwards,
    meanAcceptanceLength: 12 / forwards,
    prefillMs: 5,
    decodeMs: 100,
    tokensPerSecond: speed,
    byProposer: {},
  },
  residentBytes: 1,
})

const result = (name: string, speed: number): BenchResult => ({
  version: 1,
  machine: { cpu: "test", cores: 2, node: "20", platform: "linux" },
  model: { name: "tiny", dtype: "fp32", device: "reference" },
  baseline: "plain",
  pipelines: ["plain", name],
  rounds: 1,
  maxTokens: 12,
  samples: [
    sample("plain", "copy", speed, 12),
    sample(name, "copy", 2 * speed, 6),
    sample("plain", "write", speed, 12),
    sample(name, "write", speed, 12),
  ],
  divergences: [{ pipeline: name, prompt: "write", position: 7, margin: 0.01 }],
})

const table = toMarkdown(
  [
    { model: "tiny", drafter: "@parade/ppd", name: "ppd", result: result("ppd", 100) },
    { model: "tiny", drafter: "@parade/other", name: "other", result: result("other", 200) },
    { model: "large", drafter: "@parade/ppd", name: "ppd-parts", result: result("ppd-parts", 10) },
  ],
  [{ model: "large", drafter: "@parade/other", reason: "Trained for another." }],
)
const rows = table.split("\n").map((line) => line.slice(2, -2).split(" | "))

test("Plain decoding comes first on each model, by all its runs", () => {
  const names = rows.slice(2, 7).map(([model, name]) => `${model} ${name}`)
  assert.deepEqual(names, ["tiny plain", "tiny ppd", "tiny other", "large plain", "large ppd-parts"])
  assert.equal(rows[2]![5], "150.0 (100.0–200.0)")
})

test("A drafter's line is of all prompts, beside what its paper reports", () => {
  const [, , perForward, length, accepted, speed, ratio, same, paper] = rows[3]!
  assert.deepEqual([perForward, length, accepted], ["1.33", "1.33", "38 %"])
  assert.deepEqual([speed, ratio], ["150.0 (125.0–175.0)", "1.50 (1.25–1.75)"])
  assert.deepEqual([same, paper], ["1/2", "2.24"])
  assert.equal(rows[4]!.at(-1), "–")
})

test("What was not measured is said with its reason, and whose the papers' figures are", () => {
  assert.match(table, /^- @parade\/other on large: skipped\. Trained for another\.$/m)
  assert.match(table, /^- @parade\/ppd, paper: .*A100/m)
  assert.doesNotMatch(table, /medusa/)
})
