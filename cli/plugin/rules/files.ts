import { existsSync, readFileSync, statSync } from "node:fs"
import { basename, join, normalize, relative } from "node:path"
import { exportedPlaces, isSource, list } from "../manifest.ts"
import { sourcesFrom } from "../imports.ts"
import { isPattern, leadsOut, packedFiles } from "../packed-files.ts"
import type { PackageProblem } from "../problem.ts"
import { type Rule, rule } from "./rule.ts"

const secretName =
  /^(\.env(\..+)?|\.npmrc|\.netrc|\.git-credentials|id_(rsa|dsa|ecdsa|ed25519)|.+\.(pem|key|p12|pfx))$/i
const secretText = /-----BEGIN [A-Z ]*PRIVATE KEY-----|_authToken\s*=\s*[^$\s]|\bnpm_[A-Za-z0-9]{36}\b/

/** Larger files are data. */
const readable = 1 << 20

const isSecret = (path: string): boolean =>
  secretName.test(basename(path)) ||
  (statSync(path).size <= readable && secretText.test(readFileSync(path, "utf8")))

/** What exports name is there and packed. */
export const exportedFiles: Rule = rule(function* ({ folder, manifest }) {
  const packed = new Set(packedFiles(folder, manifest))
  for (const { place, file } of exportedPlaces(manifest)) {
    const path = `package.json: exports[${JSON.stringify(place)}]`
    if (leadsOut(file))
      yield {
        path,
        code: "package.outside",
        message: `${file} lies outside the package.`,
        expected: "a path in it",
      }
    else if (!existsSync(join(folder, file)))
      yield { path, code: "package.missing-file", message: `There is no ${file}.` }
    // What is made of sources is packed whatever `files` says.
    else if (!isSource(file) && !packed.has(normalize(file).replaceAll("\\", "/")))
      yield {
        path,
        code: "package.unpacked-export",
        message: `${file} would not be packed.`,
        expected: `it, or its folder, among files`,
      }
  }
})

/** Where packing puts what it makes of sources. */
const isOwnPlace = (path: string): boolean => /^dist([/\\]|$)/.test(normalize(path))

const listed = (folder: string, path: string, compiles: boolean): PackageProblem | undefined => {
  const where = `package.json: files[${JSON.stringify(path)}]`
  if (leadsOut(path))
    return { path: where, code: "package.outside", message: "This lies outside the package." }
  if (isPattern(path))
    return {
      path: where,
      code: "package.pattern",
      message: "This is a pattern.",
      expected: "the path of a file or folder",
    }
  if (compiles && isOwnPlace(path))
    return {
      path: where,
      code: "package.own-dist",
      message: "Packing writes dist itself, from the sources.",
      advice: "Leave it out.",
    }
  if (!existsSync(join(folder, path)))
    return { path: where, code: "package.missing-file", message: "There is no such file." }
  return undefined
}

/** What is listed is there, and nothing of it, nor of the sources, should stay secret. */
export const listedFiles: Rule = rule(function* ({ folder, manifest }) {
  const compiles = exportedPlaces(manifest).some(({ file }) => isSource(file))
  for (const path of list(manifest.files)) {
    const problem = listed(folder, path, compiles)
    if (problem !== undefined) yield problem
  }
  const sources = [...sourcesFrom(exportedPlaces(manifest).map(({ file }) => join(folder, file)))]
  const files = new Set([
    ...packedFiles(folder, manifest),
    ...sources.map((source) => relative(folder, source)),
  ])
  for (const file of files)
    if (existsSync(join(folder, file)) && isSecret(join(folder, file)))
      yield {
        path: file,
        code: "package.secret",
        message: "This would be packed, and looks like a secret.",
        advice: "Take it out of files and of the sources; a token that was published has to be revoked.",
      }
})
