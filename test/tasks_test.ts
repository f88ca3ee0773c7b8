import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { composeAs } from "@parade/core"
import { examples, promptsOf, splits, type Task, TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { officialPlugins, openRegistry } from "../cli/load-plugins.ts"
import { repositoryRoot, sharedOrSkip } from "./shared.ts"

const root = repositoryRoot!

const compose = (json: unknown): Promise<Task> =>
  Effect.runPromise(Effect.scoped(composeAs(TaskKind, json, { registry: openRegistry(root), base: root })))

/** Every task from its name alone, and a digest of its first examples: the same on every machine and in every release. */
const settled: readonly (readonly [json: object, digest: string])[] = [
  [{ use: "@parade/list-operations" }, "c22783aa2d3ed67b"],
  [
    { use: "@parade/list-operations", with: { items: "words", notation: "commas", wording: "terse" } },
    "6160ebd6a7d8a056",
  ],
  [
    { use: "@parade/list-operations", with: { items: "letters", notation: "spaces", maxItems: 15 } },
    "b7b4d1c09a0d52c6",
  ],
  [{ use: "@parade/arithmetic" }, "0b0689681ed9517a"],
  [{ use: "@parade/brackets" }, "91e5f38365ee55cb"],
  [{ use: "@parade/brackets", with: { extraPairs: 3 } }, "bf6383ec2e96a10b"],
  [{ use: "@parade/squares" }, "5f1d461cb52c06ee"],
  [{ use: "@parade/squares", with: { order: 5, unique: false } }, "ae186b468a865020"],
  [{ use: "@parade/templated-sentences" }, "533005c302367626"],
  [{ use: "@parade/digit-sums" }, "8cd4436c9d447321"],
  [{ use: "@parade/parallelbench" }, "2c104718bbd2e446"],
  [{ use: "@parade/instructions" }, "50c71bcda66c0b6f"],
]

const digestOf = (task: Task): string => {
  const digest = createHash("sha256")
  for (const split of splits)
    for (const { id, prompt, answer } of examples(task, { split, seed: 1, count: 100 }))
      digest.update(`${id}\n${prompt}\n${answer}\n`)
  return digest.digest("hex").slice(0, 16)
}

for (const [json, digest] of settled)
  test(`${JSON.stringify(json)} gives the examples it always gave`, async () => {
    assert.equal(digestOf(await compose(json)), digest)
  })

test("texts of the shared folder give the examples they always gave", async (t) => {
  const folder = sharedOrSkip(t, "data")
  if (folder === undefined) return
  const of = (use: string, name: string) => compose({ use, with: { source: join(folder, name) } })
  assert.equal(digestOf(await of("@parade/text-windows", "tiny_shakespeare.txt")), "659534f5fa1c12e5")
  assert.equal(digestOf(await of("@parade/question-answers", "gsm8k_train.jsonl")), "90ee1af887b8697b")
})

test("every task that needs no file is settled here", () => {
  const own = new Set(settled.map(([json]) => (json as { readonly use: string }).use))
  const all = officialPlugins.filter(({ kind }) => kind === "task").map(({ name }) => name)
  const others = ["@parade/text-windows", "@parade/question-answers", "@parade/mixed-tasks"]
  assert.deepEqual(all.filter((name) => !own.has(name)).sort(), others.sort())
})

test("a suite of tasks is one JSON, and its prompts can be asked with solved examples", async () => {
  const task = await compose({
    use: "@parade/mixed-tasks",
    tasks: [
      { use: "@parade/list-operations", with: { operations: ["copy", "shuffle"] } },
      { use: "@parade/squares", with: { puzzles: ["sudoku"] } },
    ],
  })
  const prompts = promptsOf(task, { count: 6, shots: 1 })
  assert.deepEqual(
    prompts.map(({ category }) => category),
    [...task.categories, ...task.categories],
  )
  for (const { messages, example } of prompts) {
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant", "user"],
    )
    assert.ok(!example.score(messages[1]!.content as string).strict || example.space!().answers > 1)
  }
})

for (const [json, place] of [
  [{ use: "@parade/list-operations", with: { minItem: 3 } }, "$.with.minItem"],
  [{ use: "@parade/list-operations", with: { minItems: 5, maxItems: 4 } }, "$"],
  [{ use: "@parade/arithmetic", with: { digits: 0 } }, "$.with.digits"],
  [{ use: "@parade/brackets", with: { operations: ["close"] } }, "$.with.operations[0]"],
  [{ use: "@parade/squares", with: { order: 2 ** 40 } }, "$.with.order"],
  [{ use: "@parade/templated-sentences", with: { gaps: "2" } }, "$.with.gaps"],
  [{ use: "@parade/text-windows" }, "$.with.source"],
  [{ use: "@parade/text-windows", with: { source: "../nowhere" } }, "$"],
  [{ use: "@parade/mixed-tasks" }, "$.tasks"],
  [{ use: "@parade/mixed-tasks", tasks: [{ use: "@parade/prompt-lookup" }] }, "$.tasks[0].use"],
] as const)
  test(`${JSON.stringify(json)} is refused at ${place}`, async () => {
    await assert.rejects(
      compose(json),
      (error: { readonly issues: readonly { readonly path: string }[] }) => {
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          [place],
        )
        return true
      },
    )
  })

const packages = [
  "plugins/contracts/tasks",
  ...readdirSync(join(root, "plugins/tasks")).map((name) => `plugins/tasks/${name}`),
]

for (const folder of packages)
  test(`the example in the README of ${folder} runs`, async (t) => {
    const readme = readFileSync(join(root, folder, "README.md"), "utf8")
    const [, example] = /```ts\n(.*?)```/s.exec(readme)!
    const printed = t.mock.method(console, "log", () => {})
    const file = join(root, folder, ".cache", `readme-${process.pid}.ts`)
    mkdirSync(join(root, folder, ".cache"), { recursive: true })
    try {
      writeFileSync(file, example!)
      await import(file)
    } finally {
      rmSync(file)
    }
    assert.ok(printed.mock.callCount() > 0)
  })
