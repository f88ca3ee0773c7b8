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
import type { Attention } from "@parade/layers"
import type { TrainingError } from "@parade/training"
import { writeWhole } from "@parade/training/write-whole"
import { floatTensor, type OutgoingTensor, partReader, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { blockArchitecture, type BlockShape, blockTensors, unusedTensor } from "./block.ts"
import { headName } from "./residual-head.ts"
import { trigramNames } from "./trigram-encoder.ts"

/** Trained weights by name. */
export type Weights = ReadonlyMap<string, Float32Array>

/** Inputs that a drafter was trained without, to see what they bring: they are zeros. */
export type Without = "nothing" | "states" | "trigrams"

/** A trained drafter as it lies in a folder: `drafter.safetensors`, and `chimera.json` beside it. */
export interface ChimeraWeights extends TrainedFor {
  readonly block: BlockShape
  readonly weights: Weights
  readonly without: Without
  /** What embedding rows are multiplied with. */
  readonly embeddingScale: number
  /** The tokens that levels guess among, where those are not all. */
  readonly draft?: DraftHead | undefined
  /** By level, of a drafter with a vocabulary of its own: what its logits are divided by, so that its chances are as good as they say. */
  readonly temperatures?: readonly number[] | undefined
  /** `[level][rank]`: how often the token of a rank is the model's own where those of the levels before were. */
  readonly accuracy: Accuracy
}

/** What `chimera.json` says. */
export interface ChimeraFile extends TrainedFor {
  readonly format: "parade-chimera-1"
  /** The model it was trained for, for people. */
  readonly backbone: string
  readonly block: BlockShape
  readonly without: Without
  /** Tokens that levels guess among, with the LM head's rows of these; the whole vocabulary by the model's own head where absent. */
  readonly draftVocabulary?: number | undefined
  readonly temperatures?: readonly number[] | undefined
  /** To which the encoder makes embedding rows narrower; as wide as they are where absent. */
  readonly trigramWidth?: number | undefined
  /** 1 where absent. */
  readonly embeddingScale?: number | undefined
  readonly accuracy: Accuracy
  /** Positions the accuracy of the first level was counted at. */
  readonly positions: number
}

const size = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))

const ChimeraFile: Schema.Codec<ChimeraFile, unknown> = Schema.Struct({
  format: Schema.Literal("parade-chimera-1"),
  backbone: Schema.String,
  ...trainedForFields,
  block: Schema.Struct({
    width: size(65536),
    attentionHeads: size(1024),
    headWidth: size(65536),
    feedForward: size(1 << 20),
    contextLength: size(1 << 24),
  }),
  without: Schema.Literals(["nothing", "states", "trigrams"]),
  draftVocabulary: Schema.optionalKey(size(1 << 24)),
  temperatures: Schema.optionalKey(Schema.Array(Schema.Finite.check(Schema.isGreaterThan(0)))),
  trigramWidth: Schema.optionalKey(size(65536)),
  embeddingScale: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  accuracy: AccuracyTable,
  positions: Schema.Int,
})

const {
  damaged,
  file: readFile,
  tensors: openTensors,
} = partReader({
  called: "The drafter",
  code: "weights.not-chimera",
  recipe: "chimera",
  json: "chimera.json",
  tensors: "drafter.safetensors",
  schema: ChimeraFile,
})

/** The tensors of a drafter of so many levels, and their shapes. */
export const tensorShapes = (
  block: BlockShape,
  attention: Attention,
  levels: number,
  trigramWidth?: number | undefined,
): ReadonlyMap<string, readonly number[]> => {
  const { width } = block
  const wide = 3 * (trigramWidth ?? width)
  const tensors = blockTensors(blockArchitecture(block), attention, new Map())
  const shapes = new Map<string, readonly number[]>([
    [trigramNames.mix, [wide, wide]],
    [trigramNames.bias, [wide]],
    [trigramNames.project, [width, wide]],
  ])
  if (trigramWidth !== undefined) shapes.set(trigramNames.narrow, [trigramWidth, width])
  for (const name of tensors.names) if (name !== unusedTensor) shapes.set(name, tensors.shape(name)!)
  for (let level = 1; level <= levels; level++) shapes.set(headName(level), [width, 2 * width])
  return shapes
}

/** Reads the drafter in a folder, the first `most` of its levels. */
export const readChimera = (
  folder: string,
  attention: Attention,
  most: number,
): Effect.Effect<ChimeraWeights, WeightsError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* readFile(folder)
      const { block, without, accuracy, draftVocabulary, temperatures, embeddingScale = 1 } = file
      const path = join(folder, "drafter.safetensors")
      const floats = yield* openTensors(folder)
      const used = accuracy.slice(0, most)
      const shapes = yield* Effect.try({
        try: () => tensorShapes(block, attention, used.length, file.trigramWidth),
        catch: (cause) => damaged(path, `There is no such block: ${(cause as Error).message}`, cause),
      })
      const weights = new Map<string, Float32Array>()
      for (const [name, shape] of shapes) weights.set(name, yield* floats(name, shape))
      const source = { floats, damaged: (message: string) => damaged(path, message) }
      const draft = draftVocabulary && (yield* readDraftHead(source, draftVocabulary, block.width))
      return {
        block,
        weights,
        without,
        embeddingScale,
        accuracy: used,
        ...trainedFor(file),
        ...(draft && { draft }),
        ...(temperatures?.length === accuracy.length && { temperatures: temperatures.slice(0, most) }),
      }
    }),
  )

/** Writes a drafter to a folder that is there, in 16 bits. */
export const writeChimera = (
  folder: string,
  { weights, draft }: Pick<ChimeraWeights, "weights" | "draft">,
  attention: Attention,
  file: ChimeraFile,
): Effect.Effect<void, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    const shapes = tensorShapes(file.block, attention, file.accuracy.length, file.trigramWidth)
    const half = (name: string, shape: readonly number[], values: Float32Array): OutgoingTensor =>
      floatTensor(name, "F16", shape, values)
    const tensors = [...shapes].map(([name, shape]) => half(name, shape, weights.get(name)!))
    if (draft !== undefined) tensors.push(...draftHeadTensors(draft, half))
    yield* writeSafetensors(join(folder, "drafter.safetensors"), tensors, { format: file.format })
    yield* writeWhole(join(folder, "chimera.json"), `${JSON.stringify(file, null, 2)}\n`)
  })
