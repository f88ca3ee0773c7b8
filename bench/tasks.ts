/**
 * How many examples a second the tasks give and score: `node --import tsx bench/tasks.ts`. Processor time of this
 * process, so that others on the machine do not count.
 */
import { composeAs } from "@parade/core"
import { splits, type Task, TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { openRegistry } from "../cli/load-plugins.ts"
import { makePaint } from "../cli/colour.ts"
import { table } from "../cli/table.ts"

const subjects: readonly (readonly [what: string, json: object])[] = [
  ["lists of names", { use: "@parade/list-operations" }],
  [
    "lists of letters",
    { use: "@parade/list-operations", with: { items: "letters", notation: "spaces", wording: "terse" } },
  ],
  ["arithmetic", { use: "@parade/arithmetic" }],
  ["brackets", { use: "@parade/brackets" }],
  ["brackets, extra pairs", { use: "@parade/brackets", with: { extraPairs: 4 } }],
  ["squares", { use: "@parade/squares" }],
  ["squares, 10 holes", { use: "@parade/squares", with: { minHoles: 10, maxHoles: 10 } }],
  ["sentences", { use: "@parade/templated-sentences" }],
]

/** The best of some rates, in runs a second of processor time; the first rounds warm up. */
const rate = (run: (index: number) => void): number => {
  let index = 0
  let best = 0
  for (let round = 0; round < 5; round++) {
    const count = Math.max(500, Math.ceil(best / 3))
    const start = process.cpuUsage().user
    for (let i = 0; i < count; i++) run(index++)
    best = Math.max(best, (count / Math.max(1, process.cpuUsage().user - start)) * 1e6)
  }
  return best
}

const thousands = (perSecond: number): string => `${Math.round(perSecond / 1000)}`

const scoring = (task: Task): number => {
  const some = Array.from({ length: 1000 }, (_, index) => task.example("train", index, 1))
  return rate((index) => some[index % some.length]!.score(some[index % some.length]!.answer))
}

const rows: string[][] = []
for (const [what, json] of subjects) {
  const task = await Effect.runPromise(
    Effect.scoped(composeAs(TaskKind, json, { registry: openRegistry(".") })),
  )
  const [train, test] = splits.map((split) => rate((index) => task.example(split, index, 1)))
  rows.push([what, thousands(train!), thousands(test!), thousands(scoring(task))])
}
console.log(table(["thousands a second", "train", "test", "scored"], rows, makePaint(false)))
