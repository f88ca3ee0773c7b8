import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { spread } from "../cli/bench/statistics.ts"
import { installInto } from "../scripts/_installed.ts"
import { packAll } from "../scripts/pack.ts"
import { quiet } from "./_quiet.ts"

/** Milliseconds from starting a process to its first line with `word` in it, or to its end. */
const untilOutput = (options: readonly string[], word: string | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, [...options], { stdio: ["ignore", "pipe", "inherit"] })
    let seen = ""
    let first: number | undefined
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.toString()
      if (first === undefined && word !== undefined && seen.includes(word))
        first = performance.now() - started
    })
    child.on("exit", (code) => {
      if (code !== 0) reject(new Error(`${options.join(" ")} ended with status ${code}.`))
      else resolve(first ?? performance.now() - started)
    })
  })

/**
 * Process start to first token on a tiny model, as installed from the packed tarballs, against a Node process that
 * does nothing; the Markdown table.
 */
export const measureStart = async (model: string, rounds: number): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-start-"))
  try {
    const tarballs = await packAll(join(folder, "tarballs"))
    installInto(join(folder, "app"), [...tarballs.values(), "effect@^4.1.0"])
    const bin = join(folder, "app", "node_modules", "@parade", "cli", "bin", "parade.mjs")
    const first = [bin, "run", "--model", model, "--tokens", "1,2,3", "--max-tokens", "4", "--json"]
    const subjects: readonly (readonly [string, readonly string[], string | undefined])[] = [
      ["an empty Node process", ["-e", "0"], undefined],
      ["parade --version", [bin, "--version"], undefined],
      ["parade run, first token", first, '"committed"'],
    ]
    const measured = new Map<string, number[]>(subjects.map(([name]) => [name, []]))
    for (let round = -1; round < rounds; round++)
      for (const [name, options, word] of subjects) {
        await quiet(2000)
        const milliseconds = await untilOutput(options, word)
        if (round >= 0) measured.get(name)!.push(milliseconds)
      }
    const empty = spread(measured.get(subjects[0]![0])!).median
    const rows = [...measured].map(([name, times]) => {
      const { median, min, max } = spread(times)
      return `| ${name} | ${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)}) | ${(median / empty).toFixed(1)} |`
    })
    return ["| process | ms (range) | ÷ empty |", "|---|--:|--:|", ...rows].join("\n")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
