import { join } from "node:path"
import { WeightsError } from "@parade/core"
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
import { mapName } from "./map-graph.ts"

/** Transfer maps as they lie in a folder: `maps.safetensors`, and `maps.json` beside it. */
export interface TransferMaps extends TrainedFor {
  /** Floats of the hidden rows they read and make. */
  readonly width: number
  /** `t`: layers that a state has passed when it is transferred. */
  readonly layer: number
  /** `W_1 … W_k`, each `[width, width]`. */
  readonly weights: readonly Float32Array[]
  /** Of the guesses that are read of each pseudo state. */
  readonly accuracy: Accuracy
}

/** What `maps.json` says. */
export interface MapsFile extends TrainedFor {
  readonly format: "parade-hidden-transfer-1"
  /** The model they were trained for, for people. */
  readonly backbone: string
  readonly width: number
  readonly layer: number
  readonly accuracy: Accuracy
  /** Places that the accuracy was counted at. */
  readonly positions: number
}

const MapsFile: Schema.Codec<MapsFile, unknown> = Schema.Struct({
  format: Schema.Literal("parade-hidden-transfer-1"),
  backbone: Schema.String,
  ...trainedForFields,
  width: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })),
  layer: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1024 })),
  accuracy: AccuracyTable.check(Schema.isMaxLength(64)),
  positions: Schema.Int,
})

const {
  damaged,
  file: readFile,
  tensors: openTensors,
} = partReader({
  called: "Maps",
  code: "weights.not-transfer-maps",
  recipe: "hidden-transfer",
  json: "maps.json",
  tensors: "maps.safetensors",
  schema: MapsFile,
})

const readMapsFile = (folder: string): Effect.Effect<MapsFile, WeightsError> =>
  Effect.filterOrFail(
    readFile(folder),
    ({ accuracy }) => isOfRanks(accuracy),
    () => damaged(join(folder, "maps.json"), "The shares of a pseudo state's ranks add up to more than 1."),
  )

/** Reads the maps in a folder, the first `most` of them; those of another layer than `layer` are refused. */
export const readMaps = (
  folder: string,
  layer: number,
  most: number,
): Effect.Effect<TransferMaps, WeightsError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* readMapsFile(folder)
      if (file.layer !== layer)
        return yield* Effect.fail(
          new WeightsError({
            code: "weights.other-layer",
            message: `These maps transfer states of layer ${file.layer}, not ${layer}.`,
            path: join(folder, "maps.json"),
            advice: `Set "layer" to ${file.layer}, or train maps for layer ${layer}.`,
          }),
        )
      const { width } = file
      const accuracy = file.accuracy.slice(0, most)
      const floats = yield* openTensors(folder)
      const weights: Float32Array[] = []
      for (const i of accuracy.keys()) weights.push(yield* floats(mapName(i + 1), [width, width]))
      return { width, layer, weights, accuracy, ...trainedFor(file) }
    }),
  )

/** Writes maps to a folder that is there, in 16 bits. */
export const writeMaps = (
  folder: string,
  weights: readonly Float32Array[],
  file: MapsFile,
): Effect.Effect<void, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    const { width } = file
    const tensors = weights.map((values, i) => floatTensor(mapName(i + 1), "F16", [width, width], values))
    yield* writeSafetensors(join(folder, "maps.safetensors"), tensors, { format: file.format })
    yield* writeWhole(join(folder, "maps.json"), `${JSON.stringify(file, null, 2)}\n`)
  })
