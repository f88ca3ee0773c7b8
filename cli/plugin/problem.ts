import { ParadeError } from "@parade/core"

/** One thing that keeps a package from being a fit plugin. */
export interface PackageProblem {
  /** Where: a file of the package, and what in it. */
  readonly path: string
  /** Stable: `package.no-license`. */
  readonly code: string
  /** One sentence: what is wrong. */
  readonly message: string
  /** What would have been right, as a noun phrase. */
  readonly expected?: string | undefined
  /** One sentence: what to do about it. */
  readonly advice?: string | undefined
}

/** A problem in one line. */
export const describePackageProblem = ({ path, code, message, expected, advice }: PackageProblem): string =>
  [
    `${path}: ${message}`,
    ...(expected === undefined ? [] : [`Expected ${expected}.`]),
    ...(advice === undefined ? [] : [advice]),
    `[${code}]`,
  ].join(" ")

/** A package that is no fit plugin: all that is wrong with it. `code` and `path` are those of the first problem. */
export class PackageError extends ParadeError {
  readonly _tag = "PackageError"
  readonly problems: readonly PackageProblem[]

  constructor(folder: string, problems: readonly [PackageProblem, ...PackageProblem[]]) {
    const [{ code, path, message }] = problems
    super({ code, path: `${folder}: ${path}`, message })
    this.problems = problems
  }

  override describe(): string {
    const lines = this.problems.map(describePackageProblem)
    if (lines.length === 1) return lines[0]!
    return `The package has ${lines.length} problems:\n${lines.map((line) => `  ${line}`).join("\n")}`
  }
}
