/**
 * Runs the tests: every `*_test.ts` beside the sources, or those whose path contains an argument.
 * Generated examples are the same in every run, unless they are explored; `PARADE_SEED` repeats such a run.
 */
import { randomInt } from "node:crypto"
import { readdirSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { run } from "node:test"
import { fileURLToPath } from "node:url"
import { report } from "./_report.ts"
import { flag, readOptions } from "./options.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const roots = new Set(["core", "kernels", "plugins", "cli", "test", "scripts", "examples", "bench"])
const skipped = new Set(["node_modules", "dist", ".cache"])

const filesUnder = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesUnder(path)
    return entry.name.endsWith("_test.ts") ? [path] : []
  })

const {
  values: { statistics, sample, explore },
  rest: filters,
} = readOptions({
  call: "npm test --",
  about: "Runs the tests beside the sources.",
  options: {
    statistics: flag("the slow statistical ones instead"),
    sample: flag("a few of the statistical ones' runs"),
    explore: flag("other generated examples, from a seed that it prints; PARADE_SEED=… repeats them"),
  },
  rest: { placeholder: "[PART …]", about: "tests whose path contains one of these; all without" },
})
const files = readdirSync(root)
  .filter((name) => roots.has(name))
  .flatMap(filesUnder)
  .filter((path) => path.endsWith("_statistics_test.ts") === statistics)
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .sort()

if (files.length === 0) {
  console.error(`No test file matches ${filters.join(" ")}.`)
  process.exit(2)
}

// onnxruntime, where tests load it themselves, reports to nobody.
process.env["ORT_DISABLE_TELEMETRY"] ??= "1"
if (sample) process.env["PARADE_STATISTICS"] = "sample"
if (explore) process.env["PARADE_SEED"] = String(randomInt(2 ** 31))
process.env["PARADE_SEED"] ??= "41"
if (explore) console.log(`PARADE_SEED=${process.env["PARADE_SEED"]}`)
// Node 20 hands on what this process was started with; newer ones take `execArgv`, which their types do not name yet.
for (const name of ["_seeded.ts", "_quick-assert.ts"])
  process.execArgv.push("--import", new URL(name, import.meta.url).href)
const seeded = {
  files: files.map((path) => join(root, path)),
  concurrency: availableParallelism(),
  execArgv: process.execArgv,
}
const stream = run(seeded)
const passed = await report(stream, (text) => void process.stdout.write(text))
process.exit(passed ? 0 : 1)
