/**
 * Packs every publishable package: `npm run pack -- OUT` bundles the sources with esbuild, writes declarations with
 * the TypeScript compiler, points `exports` at both and leaves one tarball per package in OUT.
 */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "esbuild"
import { bundle } from "../cli/bin/_bundle.mjs"
import { stage } from "../cli/plugin/stage.ts"
import { root, workspacePackages } from "./_packages.ts"
import { readOptions } from "./options.ts"
import { makeOutFolder } from "./out-folder.ts"

/** The declarations of all packages, which the compiler writes faster at once than one by one. */
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

/** Packs all packages into `out`; the tarball of each, by package name. */
export const packAll = async (out: string): Promise<Map<string, string>> => {
  mkdirSync(out, { recursive: true })
  const work = mkdtempSync(join(tmpdir(), "parade-pack-"))
  try {
    const types = join(work, "types")
    declarations(types)
    const tarballs = new Map<string, string>()
    for (const { folder, manifest } of workspacePackages()) {
      if (manifest.private === true) continue
      const into = join(work, folder)
      await stage({ source: join(root, folder), manifest, types: join(types, folder), into, bundle: build })
      cpSync(join(root, "LICENSE"), join(into, "LICENSE"))
      // The command also goes out as one bundle, which starts in half the time.
      if (folder === "cli") await bundle(join(into, "dist", "bundle"))
      const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", out], { cwd: into })
      const [packed] = JSON.parse(printed.toString()) as [{ filename: string }]
      tarballs.set(manifest.name, join(out, packed.filename))
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
  makeOutFolder(out)
  for (const [name, tarball] of await packAll(out)) console.log(`${name}  ${tarball}`)
}
