import { join } from "node:path"
import type { WeightsError } from "@parade/core"
import { type Accuracy, AccuracyTable } from "@parade/drafting"
import { writeWhole, type TrainingError } from "@parade/training"
import { floatBytes, partReader, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { headName, type HeadWeights } from "./head-graph.ts"

/** Heads as they lie in a folder: `heads.safetensors`, and `heads.json` beside it. */
export interface MedusaHeads {
  /** Floats of the hidden rows they read. */
  readonly width: number
  readonly weights: readonly HeadWeights[]
  readonly accuracy: Accuracy
  /** Of the vocabulary their tokens are of. */
  readonly vocabularyFingerprint: string
}

/** What `heads.json` says. */
export interface HeadsFile {
  readonly format: "parade-medusa-1"
  /** The model they were trained for, for people. */
  readonly backbone: string
  readonly vocabularyFingerprint: string
  readonly width: number
  readonly accuracy: Accuracy
  /** Positions the accuracy of the first head was counted at. */
  readonly positions: number
}

const HeadsFile: Schema.Codec<HeadsFile, unknown> = Schema.Struct({
  format: Schema.Literal("parade-medusa-1"),
  backbone: Schema.String,
  vocabularyFingerprint: Schema.String,
  width: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })),
  accuracy: AccuracyTable,
  positions: Schema.Int,
})

const { file: readFile, tensors: openTensors } = partReader({
  called: "Heads",
  code: "weights.not-heads",
  recipe: "medusa",
  json: "heads.json",
  tensors: "heads.safetensors",
  schema: HeadsFile,
})

/** Reads the heads in a folder, the first `most` of them. */
export const readHeads = (folder: string, most: number): Effect.Effect<MedusaHeads, WeightsError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { width, accuracy, vocabularyFingerprint } = yield* readFile(folder)
      const floats = yield* openTensors(folder)
      const used = accuracy.slice(0, most)
      const weights: HeadWeights[] = []
      for (const i of used.keys())
        weights.push({
          matrix: yield* floats(headName(i + 1, "weight"), [width, width]),
          bias: yield* floats(headName(i + 1, "bias"), [width]),
        })
      return { width, weights, accuracy: used, vocabularyFingerprint }
    }),
  )

/** Writes heads to a folder that is there, in 16 bits. */
export const writeHeads = (
  folder: string,
  weights: readonly HeadWeights[],
  file: HeadsFile,
): Effect.Effect<void, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    const { width } = file
    const tensors = weights.flatMap(({ matrix, bias }, i) => [
      {
        name: headName(i + 1, "weight"),
        type: "F16",
        shape: [width, width],
        bytes: () => floatBytes(matrix, "F16"),
      },
      { name: headName(i + 1, "bias"), type: "F16", shape: [width], bytes: () => floatBytes(bias, "F16") },
    ])
    yield* writeSafetensors(join(folder, "heads.safetensors"), tensors, { format: file.format })
    yield* writeWhole(join(folder, "heads.json"), `${JSON.stringify(file, null, 2)}\n`)
  })
