import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { exportedPlaces, isSource, list, type Manifest } from "./manifest.ts"
import { packedPaths } from "./packed-files.ts"

/** What is used of esbuild. */
export type Bundle = (options: {
  readonly entryPoints: string[]
  readonly outdir: string
  readonly outbase: string
  readonly bundle: true
  readonly splitting: true
  readonly format: "esm"
  readonly platform: "node"
  readonly target: string
  readonly packages: "external"
  readonly logLevel: "warning" | "silent"
}) => Promise<unknown>

/** A package that is to be packed. */
export interface Staging {
  /** Its folder. */
  readonly source: string
  readonly manifest: Manifest
  /** The folder of the declarations of its sources. */
  readonly types: string
  /** The folder that is then packed as it is. */
  readonly into: string
  readonly bundle: Bundle
  readonly quiet?: boolean
}

/** `./mod.ts` → `./dist/mod.js`, as esbuild and the compiler name what they write. */
const built = (path: string, kind: "code" | "types"): string => {
  const place = `./dist/${normalize(path).replaceAll("\\", "/")}`
  return kind === "code" ? place.replace(/\.m?ts$/, ".js") : place.replace(/\.(m?ts)$/, ".d.$1")
}

/** What an export leads to once its sources are compiled; anything that is no source stays where it is. */
const packedExport = (entry: unknown, condition?: string): unknown => {
  if (typeof entry === "string") {
    if (!isSource(entry)) return entry
    const types = built(entry, "types")
    return condition === "types" ? types : { types, default: built(entry, "code") }
  }
  if (typeof entry !== "object" || entry === null) return entry
  return Object.fromEntries(Object.entries(entry).map(([key, inner]) => [key, packedExport(inner, key)]))
}

/** The manifest as it is published: exports lead to what was compiled, and nothing is left of how that was done. */
export const packedManifest = (manifest: Manifest): Manifest => {
  const { devDependencies: _, scripts: __, ...rest } = manifest
  const compiled = exportedPlaces(manifest).some(({ file }) => isSource(file))
  return {
    ...rest,
    files: [...new Set([...(compiled ? ["dist"] : []), ...list(manifest.files)])],
    exports: packedExport(manifest.exports),
  }
}

/** Copies declarations, but those of tests and of what is packed as sources. */
const copyDeclarations = (from: string, to: string, without: ReadonlySet<string>): void => {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    if (without.has(source)) continue
    if (entry.isDirectory()) copyDeclarations(source, join(to, entry.name), without)
    else if (/\.d\.m?ts$/.test(entry.name) && !/[._]test\.d\.m?ts$/.test(entry.name)) {
      mkdirSync(to, { recursive: true })
      cpSync(source, join(to, entry.name))
    }
  }
}

/**
 * Lays out a package as it is packed: its sources bundled by module that it exports, their declarations beside them,
 * README, licence and what its manifest lists.
 */
export const stage = async ({ source, manifest, types, into, bundle, quiet }: Staging): Promise<void> => {
  const sources = exportedPlaces(manifest).flatMap(({ file }) => (isSource(file) ? [join(source, file)] : []))
  mkdirSync(into, { recursive: true })
  if (sources.length > 0) {
    await bundle({
      entryPoints: [...new Set(sources)],
      outdir: join(into, "dist"),
      outbase: source,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      logLevel: quiet === true ? "silent" : "warning",
    })
    const without = new Set(list(manifest.files).map((path) => join(types, path)))
    copyDeclarations(types, join(into, "dist"), without)
  }
  for (const path of packedPaths(source, manifest)) {
    if (!existsSync(join(source, path))) throw new Error(`${source} lists ${path}, which is not there.`)
    mkdirSync(dirname(join(into, path)), { recursive: true })
    cpSync(join(source, path), join(into, path), { recursive: true })
  }
  writeFileSync(join(into, "package.json"), `${JSON.stringify(packedManifest(manifest), null, 2)}\n`)
}
