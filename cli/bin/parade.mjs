#!/usr/bin/env node
import { existsSync } from "node:fs"

const args = process.argv.slice(2)
const packed = existsSync(new URL("../dist/mod.js", import.meta.url))

/** All of it in few files, which starts in half the time; but it shares no module with plugins from outside. */
const bundled = async () => {
  // Bundled code names no source lines.
  if ("Deno" in globalThis || args.includes("--debug")) return undefined
  if (packed) return new URL("../dist/bundle/parade.js", import.meta.url).href
  return (await import("./_workspace.mjs")).workspaceBundle()
}

const shared = async () => {
  if (packed) return new URL("../dist/mod.js", import.meta.url).href
  if (!("Deno" in globalThis)) (await import("tsx/esm/api")).register()
  return new URL("../mod.ts", import.meta.url).href
}

const run = async () => {
  const quick = await bundled()
  const done = quick !== undefined && (await (await import(quick)).main(args))
  if (!done) await (await import(await shared())).main(args)
}

const decodes = ["run", "chat", "demo", "bench", "train"].includes(args[0] ?? "")
const status = decodes ? await (await import("./_huge-pages.mjs")).runWithHugePages() : undefined
if (status === undefined) await run()
else process.exitCode = status
