import { join } from "node:path"
import type { WeightsError } from "@parade/core"
import { trainedFor, type TrainedFor, trainedForFields } from "@parade/drafting"
import type { TrainingError } from "@parade/training"
import { writeWhole } from "@parade/training/write-whole"
import { floatTensor, partReader, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CountedTrigrams, pairKey, tokenLimit } from "./counted-trigrams.ts"
import type { AdedTable } from "./drafter.ts"

/** What `table.json` says. */
export interface TableFile extends TrainedFor {
  readonly format: "parade-aded-1"
  /** The model whose tokens were counted, for people. */
  readonly backbone: string
  readonly pairs: number
  readonly trigrams: number
  /** Texts and tokens that were counted, for people. */
  readonly texts: number
  readonly tokens: number
}

const size = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 28 }))

const TableFile: Schema.Codec<TableFile, unknown> = Schema.Struct({
  format: Schema.Literal("parade-aded-1"),
  backbone: Schema.String,
  ...trainedForFields,
  pairs: size,
  trigrams: size,
  texts: Schema.Int,
  tokens: Schema.Int,
})

const {
  damaged,
  file: readFile,
  tensors: openTensors,
} = partReader({
  called: "The table",
  code: "weights.not-trigrams",
  recipe: "aded",
  json: "table.json",
  tensors: "table.safetensors",
  schema: TableFile,
})

const isToken = (id: number): boolean => id >= 0 && id < tokenLimit

/** What is wrong with a table somebody wrote, if anything: what looks up in it relies on its order. */
const problemOf = ({ pairs, from, tokens, weights }: CountedTrigrams): string | undefined => {
  if (from.at(-1) !== tokens.length) return "Its pairs have other successors than there are."
  for (let i = 0; i + 1 < from.length; i++) {
    if (!isToken(pairs[2 * i]!) || !isToken(pairs[2 * i + 1]!)) return `Pair ${i} is not of tokens.`
    if (from[i + 1]! <= from[i]!) return `Pair ${i} has no successors.`
    if (i > 0 && pairKey(pairs[2 * i]!, pairs[2 * i + 1]!) <= pairKey(pairs[2 * i - 2]!, pairs[2 * i - 1]!))
      return `Pair ${i} does not come after the one before it.`
    const seen = new Set<number>()
    for (let j = from[i]!; j < from[i + 1]!; j++) {
      if (!isToken(tokens[j]!)) return `Successor ${j} is no token.`
      if (seen.has(tokens[j]!)) return `Successor ${j} is there twice.`
      seen.add(tokens[j]!)
      if (!(weights[j]! > 0 && weights[j]! <= 1)) return `Successor ${j} has no share as its weight.`
      if (j > from[i]! && weights[j]! > weights[j - 1]!)
        return `Successor ${j} weighs more than the one before it.`
    }
  }
  return undefined
}

/** Reads the table in a folder. */
export const readTable = (folder: string): Effect.Effect<AdedTable, WeightsError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* readFile(folder)
      const { pairs: count, trigrams } = file
      const floats = yield* openTensors(folder)
      const pairs = yield* floats("pairs", [count, 2])
      const degrees = yield* floats("degrees", [count])
      const tokens = yield* floats("successors", [trigrams])
      const weights = yield* floats("weights", [trigrams])
      if ([pairs, degrees, tokens].some((numbers) => !numbers.every(Number.isSafeInteger)))
        return yield* Effect.fail(
          damaged(join(folder, "table.safetensors"), "Its tokens are no whole numbers."),
        )
      const from = new Int32Array(count + 1)
      for (let i = 0; i < count; i++) from[i + 1] = from[i]! + degrees[i]!
      const counted = {
        pairs: Int32Array.from(pairs),
        from,
        tokens: Int32Array.from(tokens),
        weights: Float32Array.from(weights),
      }
      const problem = problemOf(counted)
      if (problem !== undefined)
        return yield* Effect.fail(damaged(join(folder, "table.safetensors"), problem))
      return { counted, ...trainedFor(file) }
    }),
  )

/** Writes a table to a folder that is there. Token ids are whole numbers that 32-bit floats hold exactly. */
export const writeTable = (
  folder: string,
  { pairs, from, tokens, weights }: CountedTrigrams,
  file: Omit<TableFile, "format" | "pairs" | "trigrams">,
): Effect.Effect<void, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    const format = "parade-aded-1"
    const [count, trigrams] = [pairs.length / 2, tokens.length]
    const degrees = Float32Array.from({ length: count }, (_, i) => from[i + 1]! - from[i]!)
    yield* writeSafetensors(
      join(folder, "table.safetensors"),
      [
        floatTensor("pairs", "F32", [count, 2], Float32Array.from(pairs)),
        floatTensor("degrees", "F32", [count], degrees),
        floatTensor("successors", "F32", [trigrams], Float32Array.from(tokens)),
        floatTensor("weights", "F32", [trigrams], weights),
      ],
      { format },
    )
    const described: TableFile = { format, ...file, pairs: count, trigrams }
    yield* writeWhole(join(folder, "table.json"), `${JSON.stringify(described, null, 2)}\n`)
  })
