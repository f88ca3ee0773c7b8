import { join } from "node:path"
import type { WeightsError } from "@parade/core"
import {
  type Accuracy,
  AccuracyTable,
  type DraftHead,
  draftHeadTensors,
  readDraftHead,
  trainedFor,
  type TrainedFor,
  trainedForFields,
} from "@parade/drafting"
import type { TrainingError } from "@parade/training"
import { writeWhole } from "@parade/training/write-whole"
import { floatTensor, type OutgoingTensor, partReader, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { headName, type HeadWeights, type RunningHeads } from "./head-graph.ts"

/** Heads as they lie in a folder: `heads.safetensors`, and `heads.json` beside it. */
export interface MedusaHeads extends RunningHeads, TrainedFor {
  readonly accuracy: Accuracy
}

/** What `heads.json` says. */
export interface HeadsFile extends TrainedFor {
  readonly format: "parade-medusa-1"
  /** The model they were trained for, for people. */
  readonly backbone: string
  readonly width: number
  /** Tokens they guess among, with the LM head's rows of these; the whole vocabulary by the model's own head where absent. */
  readonly draftVocabulary?: number | undefined
  readonly temperatures?: readonly number[] | undefined
  /** Heads have matrices `M`, and read the newest token; not where absent. */
  readonly outputMatrix?: boolean | undefined
  readonly newestToken?: boolean | undefined
  readonly accuracy: Accuracy
  /** Positions the accuracy of the first head was counted at. */
  readonly positions: number
}

const HeadsFile: Schema.Codec<HeadsFile, unknown> = Schema.Struct({
  format: Schema.Literal("parade-medusa-1"),
  backbone: Schema.String,
  ...trainedForFields,
  width: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })),
  draftVocabulary: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1 << 24 }))),
  temperatures: Schema.optionalKey(Schema.Array(Schema.Finite.check(Schema.isGreaterThan(0)))),
  outputMatrix: Schema.optionalKey(Schema.Boolean),
  newestToken: Schema.optionalKey(Schema.Boolean),
  accuracy: AccuracyTable,
  positions: Schema.Int,
})

const {
  damaged,
  file: readFile,
  tensors: openTensors,
} = partReader({
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
      const { accuracy, draftVocabulary, temperatures, ...file } = yield* readFile(folder)
      const { width } = file
      const floats = yield* openTensors(folder)
      const used = accuracy.slice(0, most)
      const weights: HeadWeights[] = []
      for (const i of used.keys())
        weights.push({
          matrix: yield* floats(headName(i + 1, "weight"), [width, width]),
          bias: yield* floats(headName(i + 1, "bias"), [width]),
          ...(file.outputMatrix && { output: yield* floats(headName(i + 1, "output"), [width, width]) }),
          ...(file.newestToken && { token: yield* floats(headName(i + 1, "token"), [width, width]) }),
        })
      const source = {
        floats,
        damaged: (message: string) => damaged(join(folder, "heads.safetensors"), message),
      }
      const draft = draftVocabulary && (yield* readDraftHead(source, draftVocabulary, width))
      return {
        width,
        weights,
        accuracy: used,
        ...trainedFor(file),
        ...(draft && { draft }),
        ...(temperatures?.length === accuracy.length && { temperatures: temperatures.slice(0, most) }),
      }
    }),
  )

/** Writes heads to a folder that is there, in 16 bits. */
export const writeHeads = (
  folder: string,
  { weights, draft }: { readonly weights: readonly HeadWeights[]; readonly draft?: DraftHead | undefined },
  file: HeadsFile,
): Effect.Effect<void, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    const { width } = file
    const half = (name: string, shape: readonly number[], values: Float32Array): OutgoingTensor =>
      floatTensor(name, "F16", shape, values)
    const tensors: OutgoingTensor[] = weights.flatMap(({ matrix, bias, output, token }, i) => [
      half(headName(i + 1, "weight"), [width, width], matrix),
      half(headName(i + 1, "bias"), [width], bias),
      ...(output === undefined ? [] : [half(headName(i + 1, "output"), [width, width], output)]),
      ...(token === undefined ? [] : [half(headName(i + 1, "token"), [width, width], token)]),
    ])
    if (draft !== undefined) tensors.push(...draftHeadTensors(draft, half))
    yield* writeSafetensors(join(folder, "heads.safetensors"), tensors, { format: file.format })
    yield* writeWhole(join(folder, "heads.json"), `${JSON.stringify(file, null, 2)}\n`)
  })
