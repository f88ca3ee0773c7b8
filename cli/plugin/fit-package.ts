import * as Effect from "effect/Effect"
import type { CommandError } from "../command-error.ts"
import { problemsOf } from "./check-package.ts"
import { openPackage, type OpenPackage } from "./open-package.ts"
import { PackageError } from "./problem.ts"

/** The package in a folder, found to be a fit plugin. Fails with everything that keeps it from being one. */
export const fitPackage: (folder: string) => Effect.Effect<OpenPackage, CommandError | PackageError> =
  Effect.fnUntraced(function* (folder) {
    const subject = yield* openPackage(folder)
    const [first, ...rest] = yield* problemsOf(subject)
    if (first !== undefined) return yield* Effect.fail(new PackageError(subject.folder, [first, ...rest]))
    return subject
  })
