/**
 * Writes the files that are made from the plugins: `registry.json`, the index of the official ones, how the command
 * loads them, what new plugins depend on, and `core/schema/pipeline.v1.schema.json`, the JSON Schema of pipelines.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DecoderKind, moduleOf } from "@parade/core"
import { pipelineSchema } from "@parade/core/pipeline-schema"
import * as Effect from "effect/Effect"
import { type IndexedPlugin, indexText, indexWorkspace } from "../cli/index-workspace.ts"
import { root, workspacePackages } from "./_packages.ts"
import { flag, readOptions } from "./options.ts"

const {
  values: { check },
} = readOptions({
  call: "npm run generate --",
  about:
    "Writes the files that are made from the plugins: the index, the JSON Schema of pipelines and what the command knows.",
  options: { check: flag("write nothing, and fail where something is not fresh") },
})

const schemaText = (plugins: readonly IndexedPlugin[]): string => {
  const schema = pipelineSchema({
    plugins: plugins.map(({ plugin }) => plugin),
    root: DecoderKind,
    thirdParty: true,
    title: "Parade pipeline, version 1",
  })
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** Imports that bundlers can see, one per module that exports official plugins. */
const modulesText = (plugins: readonly IndexedPlugin[]): string => {
  const modules = [...new Set(plugins.map(({ entry }) => moduleOf(entry)))].sort()
  const lines = modules.map((name) => `  ${JSON.stringify(name)}: () => import(${JSON.stringify(name)}),\n`)
  return `// Written by scripts/generate.ts from the packages of the workspace.

/** How to load each module that exports official plugins. */
export const officialModules: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>> = {
${lines.join("")}}
`
}

/** What new packages ask of the published ones, and of the tools that build and test them. */
const versionsText = (): string => {
  const own = workspacePackages().map(({ manifest }) => [manifest.name, `^${manifest.version}`])
  const { devDependencies = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly devDependencies?: Readonly<Record<string, string>>
  }
  const { dependencies } = workspacePackages().find(({ folder }) => folder === "cli")!.manifest
  const tools = Object.entries({ ...devDependencies, effect: dependencies!["effect"]! }).filter(([name]) =>
    ["@types/node", "effect", "esbuild", "tsx", "typescript"].includes(name),
  )
  return `${JSON.stringify(Object.fromEntries([...own, ...tools].sort()), null, 2)}\n`
}

const plugins = await Effect.runPromise(indexWorkspace(root))
const generated = new Map([
  ["registry.json", indexText(plugins)],
  ["cli/official-modules.ts", modulesText(plugins)],
  ["cli/plugin/versions.json", versionsText()],
  ["core/schema/pipeline.v1.schema.json", schemaText(plugins)],
])

let stale = 0
for (const [path, text] of generated) {
  const file = join(root, path)
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue
  if (check) {
    console.error(`${path} is not what the plugins say; run: npm run generate`)
    stale++
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`wrote ${path}`)
  }
}
process.exit(stale === 0 ? 0 : 1)
