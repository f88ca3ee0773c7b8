import { test } from "node:test"
import { type Answered, answered, embedded, sorting } from "../_answered.ts"
import { count, fasterAndNoWorse } from "../_distilled-statistics.ts"
import { plugin } from "./mod.ts"

delete process.env["PARADE_MODEL"]

const answersAt = (threshold: number, model: object): Promise<readonly Answered[]> => {
  const rule = { use: "@parade/threshold", with: { threshold } }
  const unmasker = { use: "@parade/capped", rule }
  return answered(plugin, { use: plugin.name, unmasker, ...model }, count, { task: sorting })
}

test("What is distilled sorts in fewer forwards than the model as it was, and is right no less often.", async (t) => {
  const before = await answersAt(0.95, { model: embedded })
  const surely = await answersAt(0.95, {})
  const likely = await answersAt(0.7, {})
  fasterAndNoWorse(t, "0.95 for 0.95", surely, before)
  fasterAndNoWorse(t, "0.7 for 0.95", likely, before)
  fasterAndNoWorse(t, "0.7 for 0.7", likely, await answersAt(0.7, { model: embedded }))
})
