import { readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { packageOf, sourcesFrom, specifiersIn } from "../imports.ts"
import { installedVersion } from "../installed-version.ts"
import { exportedPlaces, strings } from "../manifest.ts"
import type { PackageProblem } from "../problem.ts"
import { isRange, isWithin } from "../semver.ts"
import { type Rule, rule } from "./rule.ts"

/** Whoever composes a pipeline and all its plugins have to share these; a second copy has other types and other services. */
const isShared = (name: string): boolean => name === "effect" || name === "@parade/core"

const rangeProblem = (name: string, range: string, folder: string): PackageProblem | undefined => {
  const path = `package.json: peerDependencies.${name}`
  if (!isRange(range))
    return {
      path,
      code: "package.bad-range",
      message: `${JSON.stringify(range)} is no range of versions.`,
      expected: "such as ^0.1.0",
    }
  const installed = installedVersion(name, folder)
  if (installed === undefined)
    return {
      path,
      code: "package.not-installed",
      message: `${name} is not installed.`,
      advice: "Run npm install.",
    }
  return isWithin(installed, range)
    ? undefined
    : {
        path,
        code: "package.unfit-range",
        message: `${range} leaves out ${installed}, which is installed.`,
        expected: `a range that it is tested with, such as ^${installed}`,
      }
}

/** Every package that published sources import is declared, what is shared as a peer; peers are there, of their ranges. */
export const dependencies: Rule = rule(function* ({ folder, name, manifest }) {
  const peers = strings(manifest.peerDependencies)
  const own = strings(manifest.dependencies)
  const sources = sourcesFrom(exportedPlaces(manifest).map(({ file }) => join(folder, file)))
  const imported = new Map<string, string>([
    ["@parade/core", "package.json"],
    ["effect", "package.json"],
  ])
  for (const source of sources)
    for (const specifier of specifiersIn(readFileSync(source, "utf8"))) {
      const used = packageOf(specifier)
      if (used !== undefined && used !== name && !imported.has(used))
        imported.set(used, relative(folder, source))
    }
  for (const [used, source] of imported) {
    if (Object.hasOwn(peers, used)) continue
    if (isShared(used))
      yield {
        path: `package.json: peerDependencies.${used}`,
        code: "package.no-peer",
        message: `A plugin shares ${used} with whoever runs it.`,
        expected: "it as a peer dependency",
      }
    else if (!Object.hasOwn(own, used))
      yield {
        path: source,
        code: "package.undeclared-import",
        message: `It imports ${used}, which package.json does not name.`,
        expected: "it among dependencies or peerDependencies",
      }
  }
  for (const [peer, range] of Object.entries(peers)) {
    const problem = rangeProblem(peer, range, folder)
    if (problem !== undefined) yield problem
  }
})
