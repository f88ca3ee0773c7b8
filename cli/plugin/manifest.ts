import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { CommandError } from "../command-error.ts"

/** A package's manifest as far as it is read; whoever wrote it, so nothing is sure of it but that it is an object. */
export interface Manifest {
  readonly name?: unknown
  readonly version?: unknown
  readonly description?: unknown
  readonly license?: unknown
  readonly keywords?: unknown
  readonly private?: unknown
  readonly type?: unknown
  readonly files?: unknown
  readonly exports?: unknown
  readonly scripts?: unknown
  readonly bin?: unknown
  readonly dependencies?: unknown
  readonly peerDependencies?: unknown
  readonly [field: string]: unknown
}

/** What a field holds by name, where it is such an object. */
export const strings = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (Object.fromEntries(Object.entries(value).filter(([, inner]) => typeof inner === "string")) as Record<
        string,
        string
      >)
    : {}

/** What a field lists. */
export const list = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : []

/** The manifest of the package in a folder. Fails with `command.no-package`. */
export const readManifest = (folder: string): Effect.Effect<Manifest, CommandError> => {
  const path = join(folder, "package.json")
  return Effect.try({
    try: () => {
      if (existsSync(path) && !statSync(path).isFile()) throw new Error("it is no file")
      const value: unknown = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""))
      if (typeof value !== "object" || value === null || Array.isArray(value))
        throw new Error("it is no object")
      return value as Manifest
    },
    catch: (cause) =>
      new CommandError({
        code: "command.no-package",
        path,
        message: `There is no readable package.json here (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}).`,
        advice: "Name the folder of a package; parade plugin new writes one.",
        cause,
      }),
  })
}

/** A place that a package exports, and the file that an import of it leads to. */
export interface ExportedPlace {
  /** `.`, `./recipe`. */
  readonly place: string
  /** As the manifest writes it: `./mod.ts`. */
  readonly file: string
}

/** All places that a manifest exports, with every file that a condition of theirs leads to. */
export const exportedPlaces = ({ exports }: Manifest): readonly ExportedPlace[] => {
  const filesOf = (entry: unknown): readonly string[] => {
    if (typeof entry === "string") return [entry]
    if (typeof entry !== "object" || entry === null) return []
    return Object.values(entry).flatMap(filesOf)
  }
  const byPlace =
    typeof exports === "object" && exports !== null && Object.keys(exports).some((key) => key.startsWith("."))
  return Object.entries(byPlace ? exports : { ".": exports }).flatMap(([place, entry]) =>
    filesOf(entry).map((file) => ({ place, file })),
  )
}

/** Whether a file is compiled when the package is packed. */
export const isSource = (path: string): boolean => /(?<!\.d)\.m?ts$/.test(path)
