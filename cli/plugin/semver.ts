import { createRequire } from "node:module"

interface Semver {
  readonly valid: (version: string) => string | null
  readonly validRange: (range: string) => string | null
  readonly satisfies: (
    version: string,
    range: string,
    options: { readonly includePrerelease: boolean },
  ) => boolean
}

// The package brings no types of its own.
const semver = createRequire(import.meta.url)("semver") as Semver

/** Whether npm takes a text for a version. */
export const isVersion = (text: string): boolean => semver.valid(text) !== null

/** Whether npm takes a text for a range of versions. */
export const isRange = (text: string): boolean => semver.validRange(text) !== null

/** Whether a version is of a range. */
export const isWithin = (version: string, range: string): boolean =>
  semver.satisfies(version, range, { includePrerelease: true })
