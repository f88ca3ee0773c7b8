#!/usr/bin/env node
import { existsSync } from "node:fs"

// A packed package has its bundle; the workspace runs from source, which Node needs help to read.
const built = new URL("../dist/mod.js", import.meta.url)
const source = new URL("../mod.ts", import.meta.url)
if (!existsSync(built) && !("Deno" in globalThis)) (await import("tsx/esm/api")).register()
const { main } = await import((existsSync(built) ? built : source).href)
await main(process.argv.slice(2))
