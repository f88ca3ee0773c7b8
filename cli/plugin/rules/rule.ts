import * as Effect from "effect/Effect"
import type { OpenPackage } from "../open-package.ts"
import type { PackageProblem } from "../problem.ts"

/** One thing that a fit plugin has to be: says all that is wrong. */
export type Rule = (subject: OpenPackage) => Effect.Effect<readonly PackageProblem[]>

/** A rule that needs nothing but to look. */
export const rule =
  (look: (subject: OpenPackage) => Iterable<PackageProblem>): Rule =>
  (subject) =>
    Effect.sync(() => [...look(subject)])
