/**
 * Plugins from outside: packs all packages, installs the tarballs in an empty folder, has the packed command begin and
 * pack a plugin of every kind there, and uses their tarballs as their READMEs say; the drafter passes its tests and leaves
 * the text as it is, under Node and under Deno.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { templateKinds } from "../cli/plugin/kinds.ts"
import versions from "../cli/plugin/versions.json" with { type: "json" }
import { installInto, runIn } from "./_installed.ts"
import { readOptions } from "./options.ts"
import { packAll } from "./pack.ts"
import { root } from "./_packages.ts"

readOptions({
  call: "npm run outside --",
  about: "Packs all packages, and begins, checks, packs and runs plugins by the tarballs, outside.",
  options: {},
})

interface Finished {
  readonly type: string
  readonly text: string
  readonly tokens: readonly number[]
  readonly stats: { readonly proposed: number }
}

const finishedOf = (lines: string): Finished => JSON.parse(lines.trim().split("\n").at(-1)!) as Finished

const check = (condition: boolean, message: string): void => {
  if (!condition) throw new Error(message)
}

const work = mkdtempSync(join(tmpdir(), "parade-outside-"))
try {
  console.log("packing")
  const tarballs = await packAll(join(work, "tarballs"))
  for (const [name, tarball] of tarballs) {
    const { messages } = await publint({ pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer } })
    for (const message of messages) console.log(`${name}: ${formatMessage(message, {}) ?? message.code}`)
    check(!messages.some((message) => message.type === "error"), `publint refuses ${name}.`)
  }

  console.log("installing the tarballs in an empty folder")
  const app = join(work, "app")
  const tools = ["effect", "esbuild", "tsx", "typescript", "@types/node"] as const
  installInto(app, [...tarballs.values(), ...tools.map((name) => `${name}@${versions[name]}`)])
  const bin = join(app, "node_modules", "@parade", "cli", "bin", "parade.mjs")

  console.log("a plugin of each kind, as the packed command begins and packs it")
  const nameFor = (kind: string): string => `outside-${kind.toLowerCase()}`
  const packed: string[] = []
  const commands: string[] = []
  mkdirSync(join(app, "examples"))
  for (const kind of templateKinds) {
    const name = nameFor(kind)
    const sources = join(app, name)
    runIn(app, "node", [bin, "plugin", "new", name, "--kind", kind])
    if (kind === "drafter") runIn(sources, "npm", ["test", "--silent"])
    const said = runIn(app, "node", [bin, "plugin", "pack", name, "--out", work, "--json"])
    packed.push((JSON.parse(said) as { readonly tarball: string }).tarball)
    cpSync(join(sources, "examples"), join(app, "examples"), { recursive: true })
    const readme = readFileSync(join(sources, "README.md"), "utf8")
    commands.push(...Array.from(readme.matchAll(/^ {4}npx parade (.*)$/gm), ([, command]) => command!))
    // What is used from now on is the tarball.
    rmSync(sources, { recursive: true })
  }
  check(commands.length === templateKinds.length, "The READMEs do not tell how to try the plugins.")
  runIn(app, "npm", ["install", "--silent", ...packed])
  for (const command of commands) runIn(app, "node", [bin, ...command.split(" "), "--max-tokens", "4"])
  console.log(`${commands.length} plugins from outside used as their READMEs say`)

  // No model is named: the packed command brings its own.
  const pipeline = join("examples", `${nameFor("drafter")}.json`)
  const request = ["--prompt", "ROMEO:\n", "--max-tokens", "24", "--json"]
  const plain = finishedOf(runIn(app, "node", [bin, "run", ...request]))
  // Whether drafts pay depends on what else the machine does.
  const drafted = [pipeline, ...request, "--set", "with.adaptive=false"]
  const node = finishedOf(runIn(app, "node", [bin, "run", ...drafted]))
  check(node.stats.proposed > 0, "The drafter from outside proposed nothing.")
  check(node.tokens.join() === plain.tokens.join(), "The drafter from outside changed the text.")
  console.log(
    `Node: ${node.tokens.length} tokens, ${node.stats.proposed} proposed, the same text as plain decoding`,
  )

  const deno = join(root, "node_modules", ".bin", "deno")
  const denoRun = ["run", "--allow-all", "--node-modules-dir=manual", bin, "run", ...drafted]
  const other = finishedOf(runIn(app, deno, denoRun))
  check(other.tokens.join() === node.tokens.join(), "Deno and Node decode different texts.")
  console.log(`Deno: ${other.tokens.length} tokens, the same`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
