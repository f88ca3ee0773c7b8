import { join } from "node:path"
import type { WeightsError } from "@parade/core"
import {
  type Accuracy,
  AccuracyTable,
  isOfRanks,
  trainedFor,
  type TrainedFor,
  trainedForFields,
} from "@parade/drafting"
import type { TrainingError } from "@parade/training"
import { writeWhole } from "@parade/training/write-whole"
import { floatTensor, partReader, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Prompt tokens as they lie in a folder: `prompts.safetensors`, and `prompts.json` beside it. */
export interface PromptEmbeddings extends TrainedFor {
  /** Floats of an embedding row of the model they are for. */
  readonly width: number
  /** `[m]`, each `[width]`: what stands in place of an embedding row. */
  readonly vectors: readonly Float32Array[]
  /** Of the guesses of each prompt token. */
  readonly accuracy: Accuracy
}

/** What `prompts.json` says. */
export interface PromptsFile extends TrainedFor {
  readonly format: "parade-ppd-1"
  /** The model they were trained for, for people. */
  readonly backbone: string
  readonly width: number
  readonly accuracy: Accuracy
  /** Positions the accuracy of the first prompt token was counted at. */
  readonly positions: number
}

/** The name of the tensor, and of what is trained. */
export const promptsName = "prompts"

const PromptsFile: Schema.Codec<PromptsFile, unknown> = Schema.Struct({
  format: Schema.Literal("parade-ppd-1"),
  backbone: Schema.String,
  ...trainedForFields,
  width: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })),
  accuracy: AccuracyTable,
  positions: Schema.Int,
})

const {
  damaged,
  file: readFile,
  tensors: openTensors,
} = partReader({
  called: "Prompt tokens",
  code: "weights.not-prompt-tokens",
  recipe: "ppd",
  json: "prompts.json",
  tensors: "prompts.safetensors",
  schema: PromptsFile,
})

const readPromptsFile = (folder: string): Effect.Effect<PromptsFile, WeightsError> =>
  Effect.filterOrFail(
    readFile(folder),
    ({ accuracy }) => isOfRanks(accuracy),
    () =>
      damaged(join(folder, "prompts.json"), "The shares of a prompt token's ranks add up to more than 1."),
  )

/** Reads the prompt tokens in a folder, the first `most` of them. */
export const readPrompts = (folder: string, most: number): Effect.Effect<PromptEmbeddings, WeightsError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* readPromptsFile(folder)
      const { width, accuracy } = file
      const floats = yield* openTensors(folder)
      const values = yield* floats(promptsName, [accuracy.length, width])
      const used = accuracy.slice(0, most)
      return {
        width,
        vectors: used.map((_, i) => values.slice(i * width, (i + 1) * width)),
        accuracy: used,
        ...trainedFor(file),
      }
    }),
  )

/** Writes prompt tokens, `[m, width]` one after the other, to a folder that is there. */
export const writePrompts = (
  folder: string,
  values: Float32Array,
  file: PromptsFile,
): Effect.Effect<void, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    const shape = [file.accuracy.length, file.width]
    const tensors = [floatTensor(promptsName, "F32", shape, values)]
    yield* writeSafetensors(join(folder, "prompts.safetensors"), tensors, { format: file.format })
    yield* writeWhole(join(folder, "prompts.json"), `${JSON.stringify(file, null, 2)}\n`)
  })
