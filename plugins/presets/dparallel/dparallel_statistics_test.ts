import assert from "node:assert/strict"
import { test } from "node:test"
import { adaptedBy, type Answered, answered, embedded, meanOf, told } from "../_answered.ts"
import { count, distilledStatistics } from "../_distilled-statistics.ts"
import { plugin } from "./mod.ts"

delete process.env["PARADE_MODEL"]

const schedule = { use: "@parade/blocks", with: { length: 16 } }

distilledStatistics(plugin, schedule)

const seeds = [1, 2, 3, 4, 5, 6]

/** How many different answers each list has, of those that are drawn at a temperature of 1. */
const differentAnswers = async (model: object): Promise<readonly number[]> => {
  const sampler = { use: "@parade/standard-sampler", with: { temperature: 1 } }
  const pipeline = { use: plugin.name, schedule, model, sampler }
  const drawn: (readonly Answered[])[] = []
  for (const seed of seeds) drawn.push(await answered(plugin, pipeline, count, { seed }))
  return drawn[0]!.map((_, i) => new Set(drawn.map((answers) => answers[i]!.text)).size)
}

test("Answers that are drawn at a temperature are less different after distillation.", async (t) => {
  const before = await differentAnswers(embedded)
  const after = await differentAnswers(adaptedBy(plugin.name))
  const change = meanOf(after.map((different, i) => different - before[i]!))
  t.diagnostic(
    `${told(meanOf(before))} different answers of ${seeds.length} before, ${told(meanOf(after))} after`,
  )
  assert.ok(change.mean + 3 * change.error < 0, `changes by ${told(change)}`)
})
