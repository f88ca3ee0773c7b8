import assert from "node:assert/strict"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import { type Ended, ended, startParade } from "../_run-parade.ts"

const use = fileURLToPath(new URL("_scripted-recipe.ts", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "parade-train-"))
after(() => rmSync(folder, { recursive: true }))

const recipe = (settings: object = {}): string => {
  const file = join(folder, `${JSON.stringify(settings).replaceAll(/\W/g, "")}.json`)
  writeFileSync(file, JSON.stringify({ use, with: settings }))
  return file
}

const start = (args: readonly string[]) => startParade(["train", ...args, "--device", "reference"])
const run = (...args: string[]): Promise<Ended> => ended(start(args))

const checkpoint = (out: string): Buffer => readFileSync(join(out, "checkpoint.safetensors"))

const whole = join(folder, "whole")

test("train writes log, checkpoint and report, and a line for each evaluation where nobody watches.", async () => {
  const { status, out, err } = await run(recipe(), "--out", whole)
  assert.deepEqual({ status, out }, { status: 0, out: "" })
  const lines = err.trim().split("\n")
  assert.equal(lines.length, 4)
  assert.match(lines[0]!, /^step 4\/12 {2}loss \d+\.\d{3} {2}loss\.some 0\.500 {2}\d+ tok\/s$/)
  assert.equal(lines[3], `Wrote report.html to ${whole}.`)
  assert.equal(readFileSync(join(whole, "log.jsonl"), "utf8").trim().split("\n").length, 12)
  assert.match(readFileSync(join(whole, "report.html"), "utf8"), /12 of 12/)
})

test("A folder with a training in it is only gone on with where that is asked for.", async () => {
  const before = checkpoint(whole)
  const { status, err } = await run(recipe(), "--out", whole)
  assert.equal(status, 2)
  assert.match(err, /--resume.*\[command\.training-exists\]/)
  assert.ok(checkpoint(whole).equals(before))
})

test("To go on with what has not begun is to begin, which is told.", async () => {
  const { status, err } = await run(recipe(), "--out", join(folder, "begun"), "--resume")
  assert.equal(status, 0)
  assert.match(err, /There is no checkpoint in .*begun: this starts anew\./)
})

test("An interrupt ends the step, says how to go on, and that ends as if it had not been.", async () => {
  const out = join(folder, "parts")
  const interrupted = recipe({ interruptedAt: 5 })
  const child = start([interrupted, "--out", out, "--json"])
  child.stdout.once("data", () => child.kill("SIGINT"))
  const { status, out: printed, err } = await ended(child)
  assert.equal(status, 130)
  assert.ok(printed.trim().split("\n").length < 12)
  assert.match(err, /Stopping after this step/)
  assert.ok(
    err.includes(
      `Stopped. Go on with: parade train ${interrupted} --out ${out} --resume --device reference\n`,
    ),
  )
  assert.ok(existsSync(join(out, "report.html")))
  const again = await run(recipe(), "--out", out, "--resume", "--json")
  assert.equal(again.status, 0)
  const last = JSON.parse(again.out.trim().split("\n").at(-1)!) as Record<string, unknown>
  assert.deepEqual(last, { type: "finished", folder: out, steps: 12, files: ["report.html"] })
  assert.ok(checkpoint(out).equals(checkpoint(whole)))
})

test("A loss that is no number stops it with step and parameter, and the report is written.", async () => {
  const out = join(folder, "broken")
  const { status, err } = await run(recipe({ brokenAt: 5 }), "--out", out)
  assert.notEqual(status, 0)
  assert.match(err, /At step 6 the loss is NaN; the gradient of "inner\.\w+" is no number/)
  assert.ok(existsSync(join(out, "report.html")))
})

test("Mistakes in a recipe and folders that cannot be made are told with their code.", async () => {
  const unknown = await run(recipe({ brokenAd: 1 }), "--out", join(folder, "unknown"))
  assert.equal(unknown.status, 2)
  assert.match(unknown.err, /\$\.with\.brokenAd.*Did you mean "brokenAt"\?/)
  const file = recipe()
  const inside = await run(file, "--out", join(file, "inside"))
  assert.equal(inside.status, 2)
  assert.match(inside.err, /A file lies there: name another folder\..*\[training\.no-folder\]/)
  const decoder = await run("autoregressive", "--out", join(folder, "decoder"))
  assert.equal(decoder.status, 2)
  assert.match(decoder.err, /"@parade\/autoregressive" is a decoder; this place takes a recipe/)
})
