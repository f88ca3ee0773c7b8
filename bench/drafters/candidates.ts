import { bareName } from "@parade/core"

/** A drafter as the registry lists it. */
export interface ListedDrafter {
  readonly name: string
  readonly capabilities: readonly string[]
}

/** A pipeline to measure a drafter in. */
export interface Candidate {
  readonly drafter: string
  /** What reports and `--only` call it. */
  readonly name: string
  /** A file of `examples`. */
  readonly example: string
  /** What of it is changed, as `parade bench --set` reads it. */
  readonly set: readonly string[]
}

/** Where trained parts lie that no package has: folders called after drafters. */
export interface PartsFolder {
  readonly folders: readonly string[]
  readonly pathOf: (folder: string) => string
}

/** Drafts of what has just been trained: as deep as its accuracies say, and no longer than pays on a processor. */
const lengths = ["with.adaptive=false", "with.maxDraft=3"]

/**
 * Pipelines of a drafter. Its example is called after it, or `speculative-` and its name; those of parts that were trained for other
 * models, after it and the model. Trained parts of a folder take the place of those in its example.
 */
export const candidatesOf = (
  { name: drafter, capabilities }: ListedDrafter,
  examples: readonly string[],
  parts: PartsFolder | undefined,
): readonly Candidate[] => {
  const bare = bareName(drafter)
  const isTrained = capabilities.includes("trained")
  const own = examples.filter(
    (file) =>
      file === `${bare}.json` ||
      file === `speculative-${bare}.json` ||
      (isTrained && file.startsWith(`${bare}-`) && file.endsWith(".json")),
  )
  const shipped = own.map((example): Candidate => ({
    drafter,
    name: example.slice(0, -".json".length),
    example,
    set: [],
  }))
  if (!isTrained || parts?.folders.includes(bare) !== true || !own.includes(`${bare}.json`)) return shipped
  const set = [`drafter.with.source=${JSON.stringify(parts.pathOf(bare))}`, ...lengths]
  return [...shipped, { drafter, name: `${bare}-parts`, example: `${bare}.json`, set }]
}
