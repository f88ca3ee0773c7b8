/**
 * Writes the files that are made from the plugins: `registry.json`, the index of the official ones, and
 * `core/schema/pipeline.v1.schema.json`, the JSON Schema of pipelines. `--check` only says whether they are fresh.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DecoderKind, entryOf } from "@parade/core"
import { pipelineSchema } from "@parade/core/pipeline-schema"
import { fileText, type OfficialPlugin, officialPlugins } from "./_official.ts"
import { root } from "./_packages.ts"

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const generated = (plugins: readonly OfficialPlugin[]): ReadonlyMap<string, string> =>
  new Map([
    [
      "registry.json",
      json({
        version: 1,
        plugins: plugins.map(({ plugin, package: { folder, manifest } }) => ({
          ...entryOf(plugin, manifest.name, manifest.version),
          path: folder,
        })),
      }),
    ],
    [
      "core/schema/pipeline.v1.schema.json",
      json(
        pipelineSchema({
          plugins: plugins.map(({ plugin }) => plugin),
          root: DecoderKind,
          thirdParty: true,
          title: "Parade pipeline, version 1",
        }),
      ),
    ],
  ])

const check = process.argv.includes("--check")
let stale = 0
for (const [path, text] of generated(await officialPlugins())) {
  if (fileText(path) === text) continue
  if (check) {
    console.error(`${path} is not what the plugins say; run: npm run generate`)
    stale++
  } else {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}
process.exit(stale === 0 ? 0 : 1)
