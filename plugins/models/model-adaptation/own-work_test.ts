import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { collectionTask, equalTo, type Split, type Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { checkFits, endless, mostOf, nothingMade, ownWork } from "./mod.ts"

const taskOf = (name: string): Task =>
  collectionTask({
    name,
    description: "letters",
    category: "letter",
    size: { train: 3, test: 1 },
    at: (_, place) => ({ instance: `${place}`, prompt: "A", answer: "B", score: equalTo("B") }),
  })
const tasks = ["first", "second"].map((name) => ({ name, task: taskOf(name) }))

test("What a checkpoint makes itself is made once, and again where anything that decides it has changed.", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "parade-own-work-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let times = 0
  const work = (decisive: unknown, train = 2) =>
    Effect.runPromise(
      ownWork({
        folder,
        file: "work.json",
        decisive,
        tasks,
        counts: { train, test: 1 },
        maker: Effect.sync(() => {
          times++
          return (task: Task, split: Split, count: number) =>
            Effect.succeed(Array.from({ length: count }, (_, i) => `${task.name} ${split} ${i}`))
        }),
      }),
    )
  const made = await work({ seed: 1 })
  assert.deepEqual(made, {
    train: [
      ["first train 0", "first train 1"],
      ["second train 0", "second train 1"],
    ],
    test: [["first test 0"], ["second test 0"]],
  })
  assert.deepEqual(await work({ seed: 1 }), made)
  assert.equal(times, 1)
  await work({ seed: 2 })
  await work({ seed: 2 }, 3)
  assert.equal(times, 3)
})

test("The task of which nothing was made is named, and questions that do not fit are refused with what would.", async () => {
  const full = { train: [["aa"], ["b"]], test: [["ccc"], ["d"]] }
  assert.equal(nothingMade(full, tasks), undefined)
  assert.equal(nothingMade({ ...full, test: [["c"], []] }, tasks), "second")
  assert.equal(
    mostOf(full, (one) => one.length),
    3,
  )
  await Effect.runPromise(checkFits(3, 3, "$"))
  const { code, advice } = await Effect.runPromise(Effect.flip(checkFits(4, 3, "$")))
  assert.equal(code, "recipe.too-long")
  assert.match(advice!, /at least 4/)
})

test("A stream gives everything of its list before anything twice.", () => {
  const list = Array.from({ length: 7 }, (_, i) => i)
  const stream = endless({ train: [list], test: [[8]] }, 3)("train", 0)
  const drawn = Array.from({ length: 14 }, (_, i) => stream(i))
  for (const part of [drawn.slice(0, 7), drawn.slice(7)]) assert.deepEqual([...part].sort(), list)
  assert.notDeepEqual(drawn.slice(0, 7), list)
})
