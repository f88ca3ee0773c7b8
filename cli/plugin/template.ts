import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { bareName } from "@parade/core"
import { packageOf, specifiersIn } from "./imports.ts"
import { sharedFolder, templateFolder } from "./kinds.ts"
import versions from "./versions.json" with { type: "json" }

/** The name that stands in templates for that of the package. */
const placeholder = "parade-plugin-template"

/** What building, testing and trying a package takes beside what its sources import. */
const tools = ["@parade/cli", "@parade/core", "@types/node", "effect", "esbuild", "tsx", "typescript"]

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const ranges = (names: Iterable<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, (versions as Readonly<Record<string, string>>)[name]!]),
  )

const packagesIn = (sources: readonly string[]): readonly string[] =>
  sources.flatMap(specifiersIn).flatMap((specifier) => packageOf(specifier) ?? [])

/** The sentence under a README's title. */
const summaryOf = (readme: string): string => readme.split("\n").find((line) => /^[^#\s]/.test(line))!

/** The files of a new package of a kind, by their path in it. */
export const filesOfTemplate = (kind: string, name: string): ReadonlyMap<string, string> => {
  const folder = templateFolder(kind)
  const own = new Map(
    readdirSync(folder).map((file) => [
      file,
      readFileSync(join(folder, file), "utf8").replaceAll(placeholder, name),
    ]),
  )
  const sources = [...own].filter(([file]) => file.endsWith(".ts"))
  const published = packagesIn(sources.flatMap(([file, text]) => (file.endsWith("_test.ts") ? [] : [text])))
  const peers = new Set(["@parade/core", "effect", ...published])
  const others = packagesIn(sources.map(([, text]) => text)).filter((used) => !peers.has(used))
  const example = JSON.parse(own.get("example.json")!) as object
  const file = `examples/${bareName(name)}.json`
  const shown = `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``
  const readme = own
    .get("README.md")!
    .replaceAll("<file>", file)
    .replace(/^ *<example>$/m, () => shown)
  const manifest = {
    name,
    version: "0.1.0",
    description: summaryOf(readme),
    keywords: ["parade-plugin", kind],
    license: "Apache-2.0",
    type: "module",
    exports: { ".": "./mod.ts" },
    scripts: { check: "tsc && parade plugin check", test: "node --import tsx --test *_test.ts" },
    peerDependencies: ranges(peers),
    devDependencies: ranges([...tools.filter((tool) => !peers.has(tool)), ...others]),
    engines: { node: ">=20.19" },
  }
  const files: [string, string][] = [
    ["package.json", json(manifest)],
    ["deno.json", json({ name, version: manifest.version, exports: "./mod.ts" })],
    ["tsconfig.json", readFileSync(join(sharedFolder, "tsconfig.json"), "utf8")],
    [".gitignore", readFileSync(join(sharedFolder, "gitignore"), "utf8")],
    ...sources,
    [file, json(example)],
    ["README.md", readme],
  ]
  return new Map(files)
}
