import { join } from "node:path"
import type { WeightsError } from "@parade/core"
import type { TrainingError } from "@parade/training"
import { writeWhole } from "@parade/training/write-whole"
import { floatTensor, partReader, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { FilterWeights } from "./filter.ts"

/** What `filter.json` says. */
export interface FilterFile {
  readonly format: "parade-learn2pd-1"
  /** The model it was trained with, for people. */
  readonly backbone: string
  readonly vocabularyFingerprint: string
  /** `B`. */
  readonly block: number
}

const FilterFile: Schema.Codec<FilterFile, unknown> = Schema.Struct({
  format: Schema.Literal("parade-learn2pd-1"),
  backbone: Schema.String,
  vocabularyFingerprint: Schema.String,
  block: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 })),
})

/** A filter as it lies in a folder: `filter.safetensors`, and `filter.json` beside it. */
export interface KeptFilter extends FilterWeights {
  readonly vocabularyFingerprint: string
}

const { file: readFile, tensors: openTensors } = partReader({
  called: "The filter",
  code: "weights.not-a-filter",
  recipe: "learn2pd",
  json: "filter.json",
  tensors: "filter.safetensors",
  schema: FilterFile,
})

/** The layers as PyTorch numbers them, a ReLU between them. */
const layers = ["0", "2"] as const

/** Reads the filter in a folder. Fails with `weights.not-a-filter`, or as reading does. */
export const readFilter = (folder: string): Effect.Effect<KeptFilter, WeightsError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { block, vocabularyFingerprint } = yield* readFile(folder)
      const floats = yield* openTensors(folder)
      const layer = Effect.fnUntraced(function* (name: string) {
        return {
          matrix: yield* floats(`${name}.weight`, [block, block]),
          bias: yield* floats(`${name}.bias`, [block]),
        }
      })
      const [first, second] = [yield* layer(layers[0]), yield* layer(layers[1])]
      return { block, first, second, vocabularyFingerprint }
    }),
  )

/** Writes a filter to a folder that is there. */
export const writeFilter = (
  folder: string,
  { block, first, second }: FilterWeights,
  file: Omit<FilterFile, "format" | "block">,
): Effect.Effect<void, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    const tensors = [first, second].flatMap(({ matrix, bias }, i) => [
      floatTensor(`${layers[i]!}.weight`, "F32", [block, block], matrix),
      floatTensor(`${layers[i]!}.bias`, "F32", [block], bias),
    ])
    const format = "parade-learn2pd-1"
    yield* writeSafetensors(join(folder, "filter.safetensors"), tensors, { format })
    yield* writeWhole(
      join(folder, "filter.json"),
      `${JSON.stringify({ format, ...file, block } satisfies FilterFile, null, 2)}\n`,
    )
  })
