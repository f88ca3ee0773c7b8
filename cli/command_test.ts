import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { waitingLine } from "./_scripted-model.ts"
import { bin, ended, runParade, startParade } from "./_run-parade.ts"

const scripted = fileURLToPath(new URL("_scripted-model.ts", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "parade-command-"))
after(() => rmSync(folder, { recursive: true }))

const text = "the cat sat on the mat and the cat sat on the hat"

const pipeline = (name: string, settings: object = {}, rest: object = {}): string => {
  const file = join(folder, name)
  const model = { use: scripted, with: { prompt: "say: ", text, ...settings } }
  const drafter = { use: "@parade/prompt-lookup" }
  writeFileSync(
    file,
    JSON.stringify({
      use: "@parade/speculative",
      model,
      drafter,
      verifier: { use: "@parade/exact-match" },
      ...rest,
    }),
  )
  return file
}

test("run prints the text alone where nobody watches, and releases the model.", async () => {
  const { status, out, err } = await runParade(["run", pipeline("text.json")], "say: \n")
  assert.deepEqual({ status, out, err }, { status: 0, out: `${text}\n`, err: "released\n" })
})

test("run --json prints events as JSON Lines, the last with text and figures.", async () => {
  const args = ["run", pipeline("json.json"), "--prompt", "say: ", "--json", "--max-tokens", "20"]
  const { status, out } = await runParade(args)
  assert.equal(status, 0)
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(events[0]!["type"], "started")
  const finished = events.at(-1)!
  assert.equal(finished["type"], "finished")
  assert.equal(finished["text"], text.slice(0, 20))
  assert.equal(finished["reason"], "maxTokens")
  assert.ok(Object.hasOwn(finished["stats"] as object, "tokensPerSecond"))
})

test("run --infill fills the holes that it is given, and takes no other length.", async () => {
  const args = ["run", pipeline("infill.json"), "--infill", "the [[2]] sat", "--max-tokens", "1"]
  const { status, out, err } = await runParade(args)
  assert.deepEqual({ status, out }, { status: 2, out: "" })
  assert.match(err, /--max-tokens has no say in it\. Leave --max-tokens out.* \[command\.infill-length\]/)
})

test("run --chat takes a text, not tokens.", async () => {
  const { status, out, err } = await runParade(["run", pipeline("ids.json"), "--tokens", "1,2", "--chat"])
  assert.deepEqual({ status, out }, { status: 2, out: "" })
  assert.match(err, /\[command\.chat-of-tokens\]/)
})

test("Drafted text is coloured where colours are asked for.", async () => {
  const { out } = await runParade(["run", pipeline("colour.json"), "-p", "say: "], "", { FORCE_COLOR: "1" })
  assert.ok(out.includes("\u001B[32m"))
  assert.equal(stripVTControlCharacters(out), `${text}\n`)
})

test("Mistakes in a pipeline are told together on standard error, with status 2 and no stack.", async () => {
  const file = pipeline("bad.json", { txt: 1 }, { drafter: { use: "@parade/promt-lookup" }, samplr: {} })
  const { status, out, err } = await runParade(["run", file, "--prompt", "x"])
  assert.equal(status, 2)
  assert.equal(out, "")
  assert.match(err, /3 mistakes/)
  assert.match(err, /\$\.model\.with\.txt: .*Did you mean "text"\?/)
  assert.match(err, /\$\.drafter\.use: .*Did you mean "@parade\/prompt-lookup"\?/)
  assert.match(err, /\$\.samplr: .*Did you mean "sampler"\?/)
  assert.doesNotMatch(err, /\n\s+at /)
})

test("A model without a name is a mistake, not another model.", async () => {
  const { status, out, err } = await runParade(["run", pipeline("unnamed.json"), "-p", "x", "--model", ""])
  assert.deepEqual({ status, out }, { status: 2, out: "" })
  assert.match(err, /--model.*Expected a folder, a file or hf:OWNER\/NAME/)
})

test("Standard input that is no text is the caller's mistake.", async () => {
  const child = startParade(["run", pipeline("bytes.json")])
  child.stdin.end(Buffer.from([0xff, 0xfe, 0x61]))
  const { status, out, err } = await ended(child)
  assert.deepEqual({ status, out }, { status: 2, out: "" })
  assert.match(err, /^parade: standard input: This is not text in UTF-8\. .*\[command\.not-text\]\n$/)
})

test("Mistakes in the usage end with 2 and the way to the help.", async () => {
  const { status, err } = await runParade(["run", "--promt", "x"])
  assert.equal(status, 2)
  assert.match(err, /--promt.*Did you mean --prompt\?\nSee parade run --help\./)
})

test("A reader that goes away ends the command quietly.", async () => {
  const child = startParade([
    "run",
    pipeline("pipe.json", { milliseconds: 5 }),
    "--prompt",
    "say: ",
    "--json",
  ])
  child.stdin.end()
  child.stdout.once("data", () => child.stdout.destroy())
  const { status, err } = await ended(child)
  assert.deepEqual({ status, err }, { status: 0, err: "released\n" })
})

const fullDisk = "/dev/full"

/** Deno as its npm package brings it. */
const deno = fileURLToPath(new URL("../node_modules/deno/bin.cjs", import.meta.url))

for (const [runtime, command] of [
  ["Node", []],
  ["Deno", [deno, "run", "--allow-all", "--node-modules-dir=manual"]],
] as const)
  test(
    `Output that a full disk does not take ends the command with 1 and says so, under ${runtime}.`,
    {
      skip: [fullDisk, ...command.slice(0, 1)].every((path) => existsSync(path))
        ? false
        : "no /dev/full or no Deno here",
    },
    async () => {
      for (const args of [["run", pipeline("full.json"), "--prompt", "say: "], ["list"], ["--help"]]) {
        const full = openSync(fullDisk, "w")
        const child = spawn(process.execPath, [...command, bin, ...args], {
          stdio: ["ignore", full, "pipe"],
          timeout: 120_000,
        })
        closeSync(full)
        let err = ""
        child.stderr!.on("data", (chunk: Buffer) => (err += chunk.toString()))
        const status = await new Promise((resolve) => child.on("close", resolve))
        assert.equal(status, 1, err)
        assert.match(err, /parade: Standard output cannot be written \(ENOSPC\)\..*\[command\.cannot-write\]/)
      }
    },
  )

test("An interrupt ends the command with 130 and releases everything.", async () => {
  const child = startParade(["run", pipeline("endless.json", { endless: 3 }), "--prompt", "say: "])
  child.stdin.end()
  child.stderr.once("data", () => child.kill("SIGINT"))
  const { status, out, err } = await ended(child)
  assert.deepEqual({ status, err }, { status: 130, err: `${waitingLine}released\n` })
  assert.ok(out.length < text.length)
})

test("chat keeps the conversation, forgets it on /reset, and ends with the input.", async () => {
  const input = "say: \n cat\n/reset\n\nsay: \n/exit\nsay: \n"
  const { status, out, err } = await runParade(["chat", pipeline("chat.json"), "--max-tokens", "3"], input)
  assert.deepEqual({ status, out }, { status: 0, out: "the\n sa\nthe\n" })
  assert.equal(err, "The conversation starts anew.\nreleased\n")
})

test("An interrupt while chat answers stops the answer, which stays in the conversation; at the prompt it ends chat.", async () => {
  const child = startParade(["chat", pipeline("stopped.json", { endless: 3 })])
  const answers: string[] = [""]
  const answered = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      child.once("close", () => reject(new Error("chat has ended")))
      const look = (chunk?: Buffer): void => {
        answers.splice(0, Infinity, ...`${answers.join("\n")}${chunk?.toString() ?? ""}`.split("\n"))
        if (answers.length <= count) return
        child.stdout.off("data", look)
        resolve()
      }
      child.stdout.on("data", look)
      look()
    })
  child.stdin.write("say: \n")
  let notes = ""
  child.stderr.on("data", (chunk: Buffer) => (notes += chunk.toString()))
  child.stderr.once("data", () => child.kill("SIGINT"))
  await answered(1)
  const said = answers[0]!
  assert.ok(said.length > 0 && said.length < text.length, said)
  assert.equal(said, text.slice(0, said.length))
  // The scripted model goes on where the whole conversation leaves off.
  const next = text.slice(said.length, said.length + 4)
  child.stdin.write(`${next}\n`)
  await answered(2)
  assert.equal(answers[1], text.slice(said.length + 4))
  const end = ended(child)
  child.kill("SIGINT")
  assert.deepEqual(await end, { status: 130, out: "", err: "released\n" })
  assert.match(notes, /\nStopped: the answer stays in the conversation as far as it came\.\n/)
})

test("check draws the pipelines that hold.", async () => {
  const { status, out } = await runParade(["check", pipeline("good.json")])
  assert.equal(status, 0)
  assert.match(out, /good\.json: OK\n@parade\/speculative/)
  assert.match(out, /├─ verifier +@parade\/exact-match/)
})

test("check of several pipelines tells the mistakes of each, with its file named once.", async () => {
  const absent = join(folder, "absent.json")
  const wrong = pipeline("wrong.json", {}, { use: "@parade/speculativ" })
  const { status, out, err } = await runParade(["check", absent, wrong, pipeline("right.json")])
  assert.equal(status, 2)
  assert.match(out, /right\.json: OK\n/)
  const lines = err.trim().split("\n")
  assert.equal(lines[0], `${absent}: There is no such file. [command.missing-file]`)
  assert.ok(lines[1]!.startsWith(`${wrong}: $.use: There is no plugin "@parade/speculativ".`), lines[1])
  assert.match(lines[2]!, /2 of 3 pipelines cannot be composed/)
})

test("list --json is an array of name, kind, version, summary and capabilities.", async () => {
  const { status, out } = await runParade(["list", "--kind", "decoder", "--json"])
  assert.equal(status, 0)
  const plugins = JSON.parse(out) as Record<string, unknown>[]
  assert.ok(plugins.length >= 2)
  for (const plugin of plugins) {
    assert.deepEqual(Object.keys(plugin), ["name", "kind", "version", "summary", "capabilities"])
    assert.equal(plugin["kind"], "decoder")
  }
})

test("The demo tells a model that is not there as a model.", async () => {
  const { status, out, err } = await runParade(["demo", "--model", join(folder, "no-model")])
  assert.deepEqual({ status, out }, { status: 2, out: "" })
  assert.match(err, /^parade: \$\.model: \S+no-model: There is no such file or folder\./)
})

test("The demo without a model decodes on the embedded ones, and every lossless way gives the same text.", async () => {
  const { status, out } = await runParade(["demo"])
  assert.equal(status, 0)
  assert.match(out, /The noble bowl was copied by the clean clerk at the village\./)
  assert.match(out, /prompt lookup .* the same\n/)
  assert.match(out, /F Q R B W A T K\n/)
  assert.match(out, /npm start -- --model DIR/)
})

test("Where nothing names a model and nobody asks anything, the embedded model is asked something, and answers at its own length.", async () => {
  const example = fileURLToPath(new URL("../examples/localleap.json", import.meta.url))
  const { status, out, err } = await runParade(["run", example, "--json"])
  assert.equal(status, 0, err)
  assert.match(err, /^Without a prompt the embedded model is asked: [^\n]+\n$/)
  const events = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(events[0]!["target"], { kind: "continuation", maxTokens: 32 })
  assert.equal(events.at(-1)!["text"], "F Q R B W A T K")
  const traces = fileURLToPath(new URL("../examples/nap.json", import.meta.url))
  const { out: digit, err: asked } = await runParade(["run", traces])
  assert.match(asked, /^Without a prompt the embedded model is asked: mod:0078=\n$/)
  assert.equal(digit, "5\n")
  const empty = await runParade(["run", example, "--prompt", ""])
  assert.equal(empty.status, 2)
  const named = await runParade(["run", pipeline("asks-nothing.json")])
  assert.equal(named.status, 2)
  assert.match(named.err, /There is no prompt/)
})
