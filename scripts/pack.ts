/**
 * Packs every publishable package: `npm run pack -- OUT` bundles the sources with esbuild, writes declarations with
 * the TypeScript compiler, points `exports` at both and leaves one tarball per package in OUT.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "esbuild"
import { bundle } from "../cli/bin/_bundle.mjs"
import { type Manifest, root, type WorkspacePackage, workspacePackages } from "./_packages.ts"
import { readOptions } from "./options.ts"

const isSource = (path: string): boolean => path.endsWith(".ts")

/** `./mod.ts` → `./dist/mod.js`; anything that is not a source stays where it is. */
const built = (path: string, extension: ".js" | ".d.ts"): string =>
  isSource(path) ? `./dist/${path.replace(/^\.\//, "").replace(/\.ts$/, extension)}` : path

const packedManifest = (manifest: Manifest): Manifest => {
  const exports = Object.entries(manifest.exports ?? {}).map(([name, path]) => [
    name,
    isSource(path) ? { types: built(path, ".d.ts"), default: built(path, ".js") } : path,
  ])
  const { devDependencies: _, ...rest } = manifest
  return {
    ...rest,
    files: [...new Set(["dist", ...(manifest.files ?? [])])],
    exports: Object.fromEntries(exports) as Record<string, string>,
  }
}

const declarations = (into: string): void => {
  const compiler = join(root, "node_modules", ".bin", "tsc")
  const options = [
    "--noEmit",
    "false",
    "--declaration",
    "--emitDeclarationOnly",
    "--outDir",
    into,
    "--rootDir",
    root,
  ]
  execFileSync(compiler, options, { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
}

const copyDeclarations = (from: string, to: string): void => {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    if (entry.isDirectory()) copyDeclarations(source, join(to, entry.name))
    else if (entry.name.endsWith(".d.ts") && !entry.name.endsWith("_test.d.ts")) {
      mkdirSync(to, { recursive: true })
      cpSync(source, join(to, entry.name))
    }
  }
}

const stage = async ({ folder, manifest }: WorkspacePackage, types: string, into: string): Promise<void> => {
  const source = join(root, folder)
  const entryPoints = Object.values(manifest.exports ?? {}).filter(isSource)
  await build({
    entryPoints: entryPoints.map((path) => join(source, path)),
    outdir: join(into, "dist"),
    outbase: source,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  })
  // The command also goes out as one bundle, which starts in half the time.
  if (folder === "cli") await bundle(join(into, "dist", "bundle"))
  copyDeclarations(join(types, folder), join(into, "dist"))
  for (const path of ["README.md", ...(manifest.files ?? []), ...Object.values(manifest.bin ?? {})]) {
    if (!existsSync(join(source, path))) throw new Error(`${folder} lists ${path}, which is not there.`)
    mkdirSync(dirname(join(into, path)), { recursive: true })
    cpSync(join(source, path), join(into, path), { recursive: true })
  }
  cpSync(join(root, "LICENSE"), join(into, "LICENSE"))
  writeFileSync(join(into, "package.json"), `${JSON.stringify(packedManifest(manifest), null, 2)}\n`)
}

/** Packs all packages into `out`; the tarball of each, by package name. */
export const packAll = async (out: string): Promise<Map<string, string>> => {
  mkdirSync(out, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), "parade-pack-"))
  try {
    const types = join(work, "types")
    declarations(types)
    const tarballs = new Map<string, string>()
    for (const item of workspacePackages()) {
      if (item.manifest.private === true) continue
      const folder = join(work, item.folder)
      await stage(item, types, folder)
      const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", out], { cwd: folder })
      const [packed] = JSON.parse(printed.toString()) as [{ filename: string }]
      tarballs.set(item.manifest.name, join(out, packed.filename))
    }
    return tarballs
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { rest } = readOptions({
    call: "npm run pack --",
    about: "Packs every publishable package.",
    options: {},
    rest: { placeholder: "[OUT]", about: "where the tarballs go; dist without", most: 1 },
  })
  const out = resolve(rest[0] ?? "dist")
  for (const [name, tarball] of await packAll(out)) console.log(`${name}  ${tarball}`)
}
