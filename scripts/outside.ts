/**
 * A plugin from outside: packs all packages, installs the tarballs in an empty folder beside a third-party drafter
 * written against the published types, checks its types, and runs it from JSON under Node and under Deno.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { installInto, runIn } from "./_installed.ts"
import { readOptions } from "./options.ts"
import { packAll } from "./pack.ts"
import { root } from "./_packages.ts"

readOptions({
  call: "npm run outside --",
  about: "Packs all packages, and runs a plugin written against the tarballs from outside.",
  options: {},
})

const drafter = `import { definePlugin, type Plugin } from "@parade/core"
import { chain, type Drafter, DrafterKind } from "@parade/drafting"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Proposes that the newest token is said again. */
export const stutter: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "stutter",
  summary: "Proposes the newest token again.",
  config: Schema.Struct({ times: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 })) }),
  make: ({ times }) =>
    Effect.succeed({
      name: "stutter",
      proposes: ["point"],
      open: ({ history }) =>
        Effect.succeed({
          plan: ({ nodes, depth }) => {
            const length = Math.min(times, nodes, depth)
            return Effect.succeed(chain(new Int32Array(length).fill(history.tokens[history.length - 1]!)))
          },
          observe: () => Effect.void,
        }),
    }),
})
`

const pipeline = {
  use: "@parade/speculative",
  drafter: { use: "stutter", with: { times: 3 } },
  verifier: { use: "@parade/exact-match" },
}

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
  installInto(app, [...tarballs.values(), "effect@^4.1.0", "typescript@^7.0.2", "@types/node@^20"])

  // The third-party package: sources beside it, compiled by the published types alone.
  const installed = join(app, "node_modules", "stutter")
  mkdirSync(installed)
  writeFileSync(
    join(installed, "package.json"),
    JSON.stringify({ name: "stutter", version: "1.0.0", type: "module", exports: "./mod.js" }),
  )
  writeFileSync(join(app, "mod.ts"), drafter)
  writeFileSync(join(app, "pipeline.json"), JSON.stringify(pipeline, null, 2))
  const options = ["--strict", "--module", "nodenext", "--target", "es2023", "--skipLibCheck"]
  runIn(app, join(app, "node_modules", ".bin", "tsc"), [
    ...options,
    "--declaration",
    "--outDir",
    installed,
    "mod.ts",
  ])

  // No model is named: the packed command brings its own.
  const bin = join(app, "node_modules", "@parade", "cli", "bin", "parade.mjs")
  const request = ["--prompt", "ROMEO:\n", "--max-tokens", "24", "--json"]
  const plain = finishedOf(runIn(app, "node", [bin, "run", ...request]))
  const node = finishedOf(runIn(app, "node", [bin, "run", "pipeline.json", ...request]))
  check(node.stats.proposed > 0, "The drafter from outside proposed nothing.")
  check(node.tokens.join() === plain.tokens.join(), "The drafter from outside changed the text.")
  console.log(
    `Node: ${node.tokens.length} tokens, ${node.stats.proposed} proposed, the same text as plain decoding`,
  )

  const deno = join(root, "node_modules", ".bin", "deno")
  const denoRun = ["run", "--allow-all", "--node-modules-dir=manual", bin, "run", "pipeline.json", ...request]
  const other = finishedOf(runIn(app, deno, denoRun))
  check(other.tokens.join() === node.tokens.join(), "Deno and Node decode different texts.")
  console.log(`Deno: ${other.tokens.length} tokens, the same`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
