import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { makeFolders } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { CommandError } from "../command-error.ts"
import { bundlerOf, writeDeclarations } from "./compilers.ts"
import { exportedPlaces, isSource } from "./manifest.ts"
import type { OpenPackage } from "./open-package.ts"
import { runProgram } from "./run-program.ts"
import { packedManifest, stage } from "./stage.ts"

/** A package as one file. */
export interface PackedPackage {
  readonly tarball: string
  /** In bytes. */
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly size: number }[]
}

/** A folder that is there as long as the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "parade-pack-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

const cannot = (path: string, message: string, cause: unknown): CommandError =>
  new CommandError({ code: "command.cannot-pack", path, message, cause })

const npmPack = Effect.fnUntraced(function* (staged: string, into: string, folder: string) {
  // Scripts of the author are for sources, which are not here any more.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", into]
  const { status, out, err } = yield* runProgram("npm", args, staged)
  if (status !== 0) return yield* Effect.fail(cannot(folder, `npm pack failed:\n${err.trim()}\n`, err))
  const [{ filename, size, unpackedSize, files }] = JSON.parse(out) as [
    Omit<PackedPackage, "tarball"> & { readonly filename: string },
  ]
  const found = files.map((file) => ({ path: file.path, size: file.size }))
  return { tarball: join(into, filename), size, unpackedSize, files: found }
})

/** What the published manifest exports and the tarball lacks, such as what a .npmignore in a folder of it leaves out. */
const leftOut = ({ manifest }: OpenPackage, { files }: PackedPackage): readonly string[] => {
  const paths = new Set(files.map(({ path }) => `./${path}`))
  return exportedPlaces(packedManifest(manifest)).flatMap(({ file }) => (paths.has(file) ? [] : [file]))
}

/**
 * Packs a package into a folder: its sources are compiled by the esbuild and the TypeScript that it has installed. Fails
 * with `command.no-compiler`, `command.wrong-types`, `command.cannot-pack`.
 */
export const packPackage: (
  subject: OpenPackage,
  into: string,
) => Effect.Effect<PackedPackage, CommandError, Scope> = Effect.fnUntraced(function* (subject, into) {
  const { folder, manifest } = subject
  const work = yield* temporaryFolder
  const types = join(work, "types")
  const staged = join(work, "package")
  // A package of compiled sources has nothing to compile.
  const compiles = exportedPlaces(manifest).some(({ file }) => isSource(file))
  if (compiles) yield* writeDeclarations(folder, types)
  const bundle = compiles ? yield* bundlerOf(folder) : () => Promise.resolve()
  yield* Effect.tryPromise({
    try: () => stage({ source: folder, manifest, types, into: staged, bundle, quiet: true }),
    catch: (cause) => cannot(folder, `The package cannot be bundled: ${(cause as Error).message}`, cause),
  })
  const packed = yield* npmPack(staged, work, folder)
  const missing = leftOut(subject, packed)
  if (missing.length > 0)
    return yield* Effect.fail(
      cannot(folder, `What it exports would not be in the tarball: ${missing.join(", ")}.`, undefined),
    )
  const out = resolve(into)
  return yield* Effect.try({
    try: () => {
      makeFolders(out)
      const name = packed.tarball.slice(work.length + 1)
      // Other disks can be copied to only; a tarball is there whole or not at all.
      copyFileSync(packed.tarball, join(out, `.${name}`))
      renameSync(join(out, `.${name}`), join(out, name))
      return { ...packed, tarball: join(out, name) }
    },
    catch: (cause) => {
      rmSync(join(out, `.${packed.tarball.slice(work.length + 1)}`), { force: true })
      return new CommandError({
        code: "command.cannot-pack",
        path: out,
        message: `The tarball cannot be written (${(cause as NodeJS.ErrnoException).code}).`,
        advice: "Make room, or name a folder that may be written with --out.",
        cause,
      })
    },
  })
})
