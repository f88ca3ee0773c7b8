import { join } from "node:path"
import { officialPlugins } from "../../load-plugins.ts"
import { exportedPlaces, list, strings } from "../manifest.ts"
import { nameProblem } from "../package-name.ts"
import type { PackageProblem } from "../problem.ts"
import { isVersion } from "../semver.ts"
import { textOf } from "../text-of.ts"
import { type Rule, rule } from "./rule.ts"

const field = (name: string, problem: Omit<PackageProblem, "path">): PackageProblem => ({
  path: `package.json: ${name}`,
  ...problem,
})

/** What npm, pipelines and readers need of package.json. */
export const manifestFields: Rule = rule(function* ({ manifest, name, version, plugins }) {
  const wrong = nameProblem(name, officialPlugins)
  if (wrong !== undefined) yield field("name", { code: "package.bad-name", ...wrong })
  if (!isVersion(version))
    yield field("version", {
      code: "package.bad-version",
      message: `${JSON.stringify(manifest.version)} is no version.`,
      expected: "three numbers, such as 0.1.0",
    })
  for (const needed of ["description", "license"])
    if (typeof manifest[needed] !== "string" || manifest[needed] === "")
      yield field(needed, {
        code: `package.no-${needed}`,
        message: `There is no ${needed}.`,
        expected: needed === "license" ? "an SPDX name, such as Apache-2.0" : "one sentence",
      })
  if (manifest.private === true)
    yield field("private", {
      code: "package.private",
      message: "npm publishes no private package.",
      advice: "Remove it.",
    })
  if (manifest.type !== "module")
    yield field("type", {
      code: "package.no-module",
      message: "Without it Node takes the sources for CommonJS.",
      expected: '"module"',
    })
  if (exportedPlaces(manifest).length === 0)
    yield field("exports", {
      code: "package.no-exports",
      message: "The package exports nothing.",
      expected: '{ ".": "./mod.ts" }',
    })
  const words = ["parade-plugin", ...new Set(plugins.map(({ kind }) => kind.name))]
  const missing = words.filter((word) => !list(manifest.keywords).includes(word))
  if (missing.length > 0)
    yield field("keywords", {
      code: "package.no-keywords",
      message: `It is not found under ${missing.map((word) => JSON.stringify(word)).join(" and ")}.`,
      expected: `${JSON.stringify(words)}, the kinds of its plugins among them`,
    })
  for (const script of ["preinstall", "install", "postinstall"])
    if (Object.hasOwn(strings(manifest.scripts), script))
      yield field(`scripts.${script}`, {
        code: "package.install-script",
        message:
          "Scripts are not packed, and many never run what a package wants to be run at its installation.",
        advice: "Do it when the plugin is made.",
      })
})

/** Deno reads its own manifest, which must say the same. */
export const denoManifest: Rule = rule(function* ({ folder, name, version }) {
  const text = textOf(join(folder, "deno.json"))
  if (text === undefined) return
  let found: Readonly<Record<string, unknown>>
  try {
    found = JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch (cause) {
    yield {
      path: "deno.json",
      code: "package.bad-deno-json",
      message: `This is no JSON: ${(cause as Error).message}.`,
    }
    return
  }
  for (const [key, expected] of Object.entries({ name, version }))
    if (found[key] !== expected)
      yield {
        path: `deno.json: ${key}`,
        code: "package.another-deno-json",
        message: `${JSON.stringify(found[key])} is not what package.json says.`,
        expected: JSON.stringify(expected),
      }
})
