import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { runParade } from "../_run-parade.ts"
import type { BenchResult } from "./sample.ts"

const folder = mkdtempSync(join(tmpdir(), "parade-bench-"))
after(() => rmSync(folder, { recursive: true }))

test("bench --task answers held-out exercises on the embedded model and counts what is right.", async () => {
  const task = join(folder, "task.json")
  writeFileSync(
    task,
    JSON.stringify({ use: "@parade/templated-sentences", with: { operations: ["paraphrase"] } }),
  )
  const json = join(folder, "result.json")
  const args = ["bench", "--task", task, "--examples", "2", "--rounds", "1", "--max-tokens", "24"]
  const { status, out, err } = await runParade([...args, "--json", json])
  assert.equal(status, 0, err)
  assert.match(out, /correct/)
  const { samples } = JSON.parse(readFileSync(json, "utf8")) as BenchResult
  assert.equal(samples.length, 4)
  assert.ok(samples.every(({ correct }) => typeof correct === "boolean"))
})

test("A task and a file of prompts at once are refused, as are a task that is none and exercises of none.", async () => {
  const alone = await runParade(["bench", "--examples", "3"])
  assert.equal(alone.status, 2)
  assert.match(alone.err, /bench\.no-task/)
  const both = await runParade(["bench", "--task", "arithmetic", "--prompts", "some.jsonl"])
  assert.equal(both.status, 2)
  assert.match(both.err, /bench\.two-sources/)
  const absent = await runParade(["bench", "--prompts", join(folder, "absent.jsonl")])
  assert.equal(absent.status, 2)
  assert.match(absent.err, /command\.missing-file/)
  const unknown = await runParade(["bench", "--task", "arithmetics"])
  assert.equal(unknown.status, 2)
  assert.match(unknown.err, /arithmetic/)
})

const pipelineFile = (name: string, node: object): string => {
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(node))
  return file
}

test("Ways of filling in masks are compared with the first of them, on tokens of their own model.", async () => {
  const lists = { operations: ["copy"], minItems: 6, maxItems: 6, items: "letters" }
  const task = pipelineFile("lists", {
    use: "@parade/list-operations",
    with: { ...lists, notation: "spaces", wording: "terse" },
  })
  const schedule = { use: "@parade/blocks", with: { length: 16 } }
  const files = [4, 16].map((steps) =>
    pipelineFile(`steps-${steps}`, {
      use: "@parade/masked-diffusion",
      schedule,
      unmasker: { use: "@parade/fixed-count", with: { steps } },
    }),
  )
  const json = join(folder, "masks.json")
  const args = ["--task", task, "--examples", "2", "--rounds", "1", "--max-tokens", "16"]
  const { status, out, err } = await runParade(["bench", ...files, ...args, "--json", json])
  assert.equal(status, 0, err)
  assert.match(out, /× steps-4 \(quartiles\)/)
  const { pipelines, baseline, samples } = JSON.parse(readFileSync(json, "utf8")) as BenchResult
  assert.deepEqual([pipelines, baseline], [["steps-4", "steps-16"], "steps-4"])
  assert.ok(samples.every(({ correct }) => correct === true))
})

test("Pipelines whose models have other vocabularies are not compared.", async () => {
  const files = ["autoregressive", "masked-diffusion"].map((name) =>
    pipelineFile(name, { use: `@parade/${name}` }),
  )
  const { status, err } = await runParade(["bench", ...files, "--rounds", "1", "--max-tokens", "4"])
  assert.equal(status, 2)
  assert.match(err, /bench\.other-vocabulary/)
})

test("A report that has no place is told before anything is measured, and none is left where it has one.", async () => {
  const markdown = join(folder, "placed.md")
  const { status, out, err } = await runParade([
    "bench",
    "--markdown",
    markdown,
    "--json",
    join(folder, "no", "x"),
  ])
  assert.deepEqual({ status, out }, { status: 2, out: "" })
  assert.match(err, /no\/x: .*ENOENT.*\[bench\.cannot-write\]/)
  assert.ok(!existsSync(markdown))
})

const cycle = `
import { definePlugin } from "@parade/core"
import { chain, DrafterKind } from "@parade/drafting"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
const open = () => ({ plan: () => Effect.succeed(chain(Int32Array.of(NUMBER))), observe: () => Effect.void })
export const cycle = definePlugin({
  kind: DrafterKind,
  name: "cycle",
  summary: "Drafts one token.",
  config: Schema.Struct({}),
  make: () => Effect.succeed({ name: "NAME", proposes: ["point"], open: () => Effect.succeed(open()) }),
})
`

test("Pipelines of one name, with parts of their own folders and ids, stay apart; one twice is compared with itself.", async (t) => {
  // A drafter finds the packages it imports from where it lies.
  const own = mkdtempSync(join(import.meta.dirname, "_own-"))
  t.after(() => rmSync(own, { recursive: true }))
  const files = ["one", "two"].map((name, index) => {
    mkdirSync(join(own, name))
    writeFileSync(join(own, name, "package.json"), '{ "type": "module" }')
    writeFileSync(join(own, name, "cycle.ts"), cycle.replace("NAME", name).replace("NUMBER", `${index}`))
    const file = join(own, name, "p.json")
    const drafter = { use: "./cycle.ts", id: "d" }
    writeFileSync(file, JSON.stringify({ use: "@parade/speculative", with: { adaptive: false }, drafter }))
    return file
  })
  const referring = pipelineFile("referring", {
    use: "@parade/speculative",
    with: { adaptive: false },
    model: { ref: "m" },
    drafter: { use: "@parade/draft-model", model: { use: "@parade/transformer", id: "m" } },
  })
  const json = join(folder, "apart.json")
  const prompts = join(folder, "prompts.jsonl")
  writeFileSync(prompts, '{"prompt":"copy: A B C"}\n')
  const args = ["--prompts", prompts, "--rounds", "1", "--max-tokens", "4", "--json", json]
  const { status, err } = await runParade(["bench", referring, referring, ...files, ...args])
  assert.equal(status, 0, err)
  const { pipelines, samples } = JSON.parse(readFileSync(json, "utf8")) as BenchResult
  const [first, second] = files
  assert.deepEqual(pipelines, ["plain", `${referring} (1)`, `${referring} (2)`, first, second])
  const proposers = pipelines.map((name) =>
    Object.keys(samples.find(({ pipeline }) => pipeline === name)!.stats.byProposer).join(),
  )
  assert.deepEqual(proposers, ["", "@parade/draft-model", "@parade/draft-model", "one", "two"])
})

test("A mistake is told of the pipeline that it stands in.", async () => {
  const plain = pipelineFile("plain", { use: "@parade/autoregressive" })
  const wrong = pipelineFile("wrong", { use: "@parade/speculative", verifier: { use: "@parade/none" } })
  const broken = join(folder, "broken.json")
  writeFileSync(broken, "{")
  const composed = await runParade(["bench", plain, wrong])
  assert.equal(composed.status, 2)
  assert.match(composed.err, /wrong: \$\.verifier\.use: There is no plugin "@parade\/none"/)
  const read = await runParade(["bench", plain, broken])
  assert.equal(read.status, 2)
  assert.match(read.err, /broken\.json: \$: This is not JSON/)
})
