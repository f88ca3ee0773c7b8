import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** Where the templates lie, a folder per kind: beside the sources, and beside `dist` in the package. */
const templates = fileURLToPath(new URL("../templates", import.meta.url))

/** What packages of all kinds have, whatever they do. */
export const sharedFolder: string = join(templates, "_shared")

/** The kinds that a package can be begun of, each a folder of templates. */
export const templateKinds: readonly string[] = [
  "attention",
  "cache",
  "decoder",
  "drafter",
  "logitsProcessor",
  "refresh",
  "sampler",
  "schedule",
  "task",
  "unmasker",
  "verifier",
]

/** The folder of a kind's template. */
export const templateFolder = (kind: string): string => join(templates, kind)

/** Why there is no template of the other kinds that the registry knows. */
export const withoutTemplate: ReadonlyMap<string, string> = new Map([
  [
    "model",
    "A model is seldom a plugin of its own: @parade/transformer reads checkpoints, and takes an attention of yours. One that is none fulfils modelSuite of @parade/test.",
  ],
  [
    "recipe",
    "A recipe trains a part of a plugin and lies beside it, in a file that package.json exports as ./recipe: begin with a package of the kind whose part it trains.",
  ],
])
