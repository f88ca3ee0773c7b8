import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { Decoder, Plugin } from "@parade/core"
import {
  adaptedBy,
  type Answered,
  answered,
  difference,
  embedded,
  firstPredictions,
  meanOf,
  type SaidOf,
  told,
} from "./_answered.ts"

/** Held-out lists that are asked. */
export const count: number = process.env["PARADE_STATISTICS"] === "sample" ? 150 : 500

/** Fewer forwards, and right no less often: by three standard errors of the differences on the same lists. */
export const fasterAndNoWorse = (
  t: TestContext,
  rule: string,
  after: readonly Answered[],
  before: readonly Answered[],
): void => {
  const forwards = difference(after, before, (one) => one.forwards)
  const right = difference(after, before, (one) => Number(one.right))
  t.diagnostic(`${rule}: ${told(forwards)} forwards, ${told(right)} right`)
  assert.ok(forwards.mean + 3 * forwards.error < 0, `${rule}: forwards ${told(forwards)}`)
  assert.ok(right.mean + 3 * right.error > 0, `${rule}: right ${told(right)}`)
}

/**
 * What a preset holds to, whose adapters were distilled from the embedded model: `schedule` is the one that it decodes by,
 * `task` what it is asked, all operations on lists of eight letters where absent.
 */
export const distilledStatistics = (plugin: Plugin<Decoder>, schedule: object, task?: object): void => {
  const use = plugin.name
  const asked = task === undefined ? {} : { task }

  test("What is distilled takes fewer forwards than the model as it was, by the same rule and by a threshold of 0.9, and is right no less often.", async (t) => {
    const after = await answered(plugin, { use, schedule }, count, asked)
    const plain = { use: "@parade/threshold", with: { threshold: 0.9 } }
    const blocks = { use: "@parade/blocks", with: { length: 16 } }
    for (const [rule, pipeline] of Object.entries({
      "the same rule": { use, schedule, model: embedded },
      "a threshold of 0.9": { use, schedule: blocks, model: embedded, unmasker: plain },
    })) {
      const before = await answered(plugin, pipeline, count, asked)
      fasterAndNoWorse(t, rule, after, before)
    }
  })

  test("Where both say the same of an empty canvas, the distilled model is more certain of it.", async (t) => {
    const [before, after] = (await firstPredictions([embedded, adaptedBy(use)], count)) as [
      readonly (readonly SaidOf[])[],
      readonly (readonly SaidOf[])[],
    ]
    const change = meanOf(
      before.flatMap((list, i) => {
        const same = list.flatMap((one, at) =>
          one.token === after[i]![at]!.token ? [after[i]![at]!.entropy - one.entropy] : [],
        )
        return same.length === 0 ? [] : [meanOf(same).mean]
      }),
    )
    t.diagnostic(`${told(change)} nats`)
    assert.ok(change.mean + 3 * change.error < 0, `entropy changes by ${told(change)} nats`)
  })
}
