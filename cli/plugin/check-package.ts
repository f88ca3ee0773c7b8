import * as Effect from "effect/Effect"
import type { OpenPackage } from "./open-package.ts"
import type { PackageProblem } from "./problem.ts"
import { conformance } from "./rules/conformance.ts"
import { dependencies } from "./rules/dependencies.ts"
import { examples } from "./rules/examples.ts"
import { configSchemas, exportedPlugins, slotsAndNeeds } from "./rules/exported-plugins.ts"
import { exportedFiles, listedFiles } from "./rules/files.ts"
import { denoManifest, manifestFields } from "./rules/manifest-fields.ts"
import { readme } from "./rules/readme.ts"
import type { Rule } from "./rules/rule.ts"

const rules: readonly Rule[] = [
  manifestFields,
  denoManifest,
  exportedFiles,
  exportedPlugins,
  configSchemas,
  slotsAndNeeds,
  dependencies,
  listedFiles,
  readme,
  examples,
  conformance,
]

/** Everything that keeps a package from being a fit plugin. */
export const problemsOf = (subject: OpenPackage): Effect.Effect<readonly PackageProblem[]> =>
  Effect.map(
    Effect.forEach(rules, (rule) => rule(subject)),
    (found) => found.flat(),
  )
