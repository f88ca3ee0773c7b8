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

/** Short drafts, whose length the drafter chooses: what pays on a processor. */
const lengths = ["with.adaptive=false", "with.maxDraft=3"]

/**
 * Pipelines of a drafter. Its example is called after it, or `speculative-` and its name; those of parts that were trained for other
 * models, after it and the model. Trained or counted parts of a folder take the place of those in the last of these; where there is none, of its own in short drafts.
 */
export const candidatesOf = (
  { name: drafter, capabilities }: ListedDrafter,
  examples: readonly string[],
  parts: PartsFolder | undefined,
): readonly Candidate[] => {
  const bare = bareName(drafter)
  const takesParts = capabilities.includes("trained") || capabilities.includes("counted")
  const own = examples.filter((file) => file === `${bare}.json` || file === `speculative-${bare}.json`)
  const forOthers = takesParts
    ? examples.filter((file) => file.startsWith(`${bare}-`) && file.endsWith(".json"))
    : []
  const shipped = [...own, ...forOthers].map((example): Candidate => ({
    drafter,
    name: example.slice(0, -".json".length),
    example,
    set: [],
  }))
  const example = forOthers.at(-1) ?? own[0]
  if (!takesParts || parts?.folders.includes(bare) !== true || example === undefined) return shipped
  const source = `drafter.with.source=${JSON.stringify(parts.pathOf(bare))}`
  const set = forOthers.length > 0 ? [source] : [source, ...lengths]
  return [...shipped, { drafter, name: `${bare}-parts`, example, set }]
}
