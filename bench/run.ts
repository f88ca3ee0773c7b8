/** `npm run bench`; see README.md. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { standardPrompts } from "../cli/bench/prompts.ts"
import { countOr, readOptions, text as optionalText } from "../scripts/options.ts"
import { readBandwidth } from "./_bandwidth.ts"
import { paradeEngines, peerEngines } from "./_engines.ts"
import { startWorker } from "./_worker.ts"
import { measureFramework } from "./framework.ts"
import { compareLoad } from "./load.ts"
import { compareReadout } from "./readout.ts"
import { compareSpeed, type SpeedPrompt } from "./speed.ts"
import { measureStart } from "./start.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { values, rest } = readOptions({
  call: "npm run bench --",
  about: "Parade beside its peers on one checkpoint; the report is kept in bench/results/bench.md.",
  options: {
    model: optionalText(
      "FOLDER",
      "the checkpoint, a folder or a .gguf file",
      "PARADE_MODEL, or ../shared/models/SmolLM2-135M-Instruct",
    ),
    tiny: optionalText("FOLDER", "the tiny model of the section start", "../shared/fixtures/tiny-hf/llama"),
    rounds: countOr(3, "turns of each engine"),
    tokens: countOr(128, "tokens of an answer"),
  },
  rest: {
    placeholder: "[SECTION …]",
    about: "all of them where none is named",
    names: {
      speed: "tokens/s and prefill of plain greedy decoding, beside peers",
      load: "time from nothing to ready, and resident memory",
      lookup: "prompt lookup against plain decoding (parade bench)",
      framework: "what composition, Effect and events cost beside a forward",
      start: "process start to first token on a tiny model",
      readout: "whole rows of logits copied out, and the likeliest token alone",
      cost: "the price of 1 … 64 rows (parade bench cost)",
    },
  },
})
const shared = process.env["PARADE_SHARED"] ?? join(root, "..", "shared")
const model = values.model ?? process.env["PARADE_MODEL"] ?? join(shared, "models", "SmolLM2-135M-Instruct")
const tiny = values.tiny ?? join(shared, "fixtures", "tiny-hf", "llama")
const { rounds, tokens } = values

if (!existsSync(model)) {
  console.error(
    `There is no model at ${model}; name a folder or a .gguf file: npm run bench -- --model FOLDER`,
  )
  process.exit(2)
}

/** A text of about a thousand tokens that every clone has. */
const longText = readFileSync(join(root, "LICENSE"), "utf8").slice(0, 4600)

const speedPrompts = async (): Promise<SpeedPrompt[]> => {
  const [engine] = await paradeEngines(model, ["1"])
  const worker = await startWorker(engine!)
  try {
    const short = standardPrompts.filter(({ category }) => category === "write")
    const prompts: SpeedPrompt[] = []
    for (const { id, messages } of short)
      prompts.push({ name: id, length: "short", ids: (await worker.encode(messages[0]!.content)).ids })
    const long = await worker.encode(`${longText}\n\nWhat does this license allow?`)
    prompts.push({ name: "license", length: "long", ids: long.ids })
    return prompts
  } finally {
    await worker.stop()
  }
}

const engines = async (threads: readonly string[]) => {
  const peers = peerEngines(model)
  for (const sentence of peers.missing) console.log(sentence)
  return [...(await paradeEngines(model, threads)), ...peers.engines]
}

const parade = (...options: readonly string[]): string => {
  const command = [join(root, "cli", "bin", "parade.mjs"), ...options]
  const { status, stdout } = spawnSync(process.execPath, command, {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  })
  if (status !== 0) throw new Error(`parade ${options.join(" ")} ended with status ${status}.`)
  return stdout.toString().trimEnd()
}

const sections: Readonly<Record<string, () => Promise<string> | string>> = {
  speed: async () => compareSpeed(await engines(["auto"]), await speedPrompts(), rounds, tokens),
  load: async () => compareLoad(await engines(["auto"]), rounds),
  lookup: () =>
    parade("bench", "examples/speculative-prompt-lookup.json", "--model", model, "--rounds", String(rounds)),
  framework: () => measureFramework(rounds),
  start: () =>
    existsSync(tiny) ? measureStart(tiny, 2 * rounds + 1) : `skipped: there is no tiny model at ${tiny}`,
  readout: () => compareReadout(model, 2 * rounds, tokens),
  cost: () => {
    const bandwidth = readBandwidth() / 1e9
    return `${parade("bench", "cost", "--model", model)}\nOne core reads ${bandwidth.toFixed(1)} GB/s from memory.`
  },
}

const wanted = rest.length === 0 ? Object.keys(sections) : rest

const report = [
  `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, ${model.split("/").at(-1)}`,
]
console.log(report[0])
for (const name of wanted) {
  console.log(`\n## ${name}`)
  const text = await sections[name]!()
  console.log(text)
  report.push(`\n## ${name}\n`, text)
}
mkdirSync(join(root, "bench", "results"), { recursive: true })
writeFileSync(join(root, "bench", "results", "bench.md"), `${report.join("\n")}\n`)
