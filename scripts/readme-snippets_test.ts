import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { readdirSync } from "node:fs"
import { join, relative } from "node:path"
import test from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { kind, validate } from "@parade/core"
import * as Effect from "effect/Effect"
import { openRegistry } from "../cli/load-plugins.ts"

const root = fileURLToPath(new URL("..", import.meta.url))

const pagesUnder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? pagesUnder(path) : entry.name.endsWith(".md") ? [path] : []
  })

interface Snippet {
  readonly page: string
  readonly code: string
}

const snippets = async (language: string): Promise<readonly Snippet[]> => {
  const fence = new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, "gm")
  const pages = await Promise.all(
    pagesUnder(root).map(async (path) => {
      const text = await readFile(path, "utf8")
      return [...text.matchAll(fence)].map((found) => ({ page: relative(root, path), code: found[1]! }))
    }),
  )
  return pages.flat()
}

test("All TypeScript in READMEs and docs is of the types that the packages have.", async () => {
  await mkdir(join(root, ".cache"), { recursive: true })
  // Inside the workspace, whose packages it imports.
  const folder = await mkdtemp(join(root, ".cache", "snippets-"))
  try {
    const all = await snippets("ts")
    assert.ok(all.length > 40, "The pages were not found.")
    for (const [index, { page, code }] of all.entries())
      await writeFile(join(folder, `${page.replaceAll("/", "__")}-${index}.ts`), `${code}\nexport {}\n`)
    const compilerOptions = {
      isolatedDeclarations: false,
      declaration: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
    }
    const project = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"], exclude: [] }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(project))
    const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace(
      /package\.json$/,
      "bin/tsc",
    )
    const said = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).then(
      () => "",
      (error: { readonly stdout: string; readonly stderr: string }) => error.stdout + error.stderr,
    )
    assert.equal(said, "")
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("Every pipeline and plugin as JSON in READMEs and docs passes the loader's checks.", async () => {
  const registry = openRegistry(root)
  const index = JSON.parse(await readFile(join(root, "registry.json"), "utf8")) as {
    readonly plugins: readonly { readonly name: string; readonly kind: string }[]
  }
  let checked = 0
  for (const { page, code } of await snippets("json")) {
    const use = /^\s*\{\s*(?:"\$schema": "[^"]*",\s*)?"use": "([^"]+)"/.exec(code)?.[1]
    const plugin = index.plugins.find(({ name }) => name === use)
    if (plugin === undefined) continue
    const problem = await Effect.runPromise(
      Effect.match(validate(kind(plugin.kind), JSON.parse(code), registry), {
        onSuccess: () => undefined,
        onFailure: (error) => error.describe(),
      }),
    )
    assert.equal(problem, undefined, page)
    checked++
  }
  assert.ok(checked > 20, "The pages were not found.")
})
