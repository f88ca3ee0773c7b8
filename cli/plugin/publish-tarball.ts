import * as Effect from "effect/Effect"
import type { CommandError } from "../command-error.ts"
import type { OpenPackage } from "./open-package.ts"
import { publishFailure } from "./publish-failure.ts"
import { runProgram } from "./run-program.ts"

/** How a package is published; what is not said is npm's to say. */
export interface PublishOptions {
  /** Do all but upload. */
  readonly dryRun?: boolean
  readonly tag?: string | undefined
  readonly access?: "public" | "restricted" | undefined
}

/**
 * Lets npm publish a tarball, as it is configured in the package's folder and elsewhere: who the author is, npm alone
 * reads. Fails with `publish.version-exists`, `publish.not-logged-in`, `publish.one-time-password`, `publish.restricted`,
 * `publish.forbidden`, `publish.unreachable`, `publish.failed`; with `command.no-program` without an npm.
 */
export const publishTarball: (
  subject: OpenPackage,
  tarball: string,
  options?: PublishOptions,
) => Effect.Effect<void, CommandError> = Effect.fnUntraced(function* (subject, tarball, options = {}) {
  const { dryRun, tag, access } = options
  const said = [
    ...(dryRun === true ? ["--dry-run"] : []),
    ...(tag === undefined ? [] : ["--tag", tag]),
    ...(access === undefined ? [] : ["--access", access]),
  ]
  const args = ["publish", tarball, "--json", "--ignore-scripts", ...said]
  const ran = yield* runProgram("npm", args, subject.folder)
  if (ran.status !== 0) return yield* Effect.fail(publishFailure(subject, ran))
})
