import { basename } from "node:path"
import type { Model, ParadeError, WeightsError } from "@parade/core"
import { referenceDevice } from "@parade/graph"
import type { Device } from "@parade/graph"
import type { Attention } from "@parade/layers"
import { openDevice } from "@parade/onnx"
import type { OnnxDevice } from "@parade/onnx"
import { finiteValues, loadTokenizer, matrixOf, openCheckpoint } from "@parade/weights"
import type { Checkpoint, CheckpointTokenizer } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { readArchitecture } from "./architectures.ts"
import { assemble } from "./assemble.ts"
import type { Tensors } from "./assemble.ts"
import { measuredCost } from "./_cost.ts"
import { typed } from "./_typed.ts"
import type { TransformerConfig } from "./config.ts"

/** What a checkpoint is loaded as. */
export interface LoadOptions extends Omit<TransformerConfig, "source"> {
  /** A folder or file. */
  readonly source: string
  readonly attention: Attention
  readonly outputs: readonly string[]
  readonly takesVectors: boolean
}

/** The tensors of a checkpoint. */
export const tensorsOf = (checkpoint: Checkpoint, dtype: LoadOptions["dtype"]): Tensors => ({
  path: checkpoint.path,
  names: checkpoint.tensors.keys(),
  shape: (name) => checkpoint.tensors.get(name)?.shape,
  matrix: (name) => matrixOf(checkpoint.tensor(name), dtype),
  vector: (name) => {
    const tensor = checkpoint.tensor(name)
    return { length: tensor.shape[0]!, identity: tensor.identity, values: () => finiteValues(tensor) }
  },
})

const maskTokenOf = ({ config }: Checkpoint, vocabulary: number): number | undefined => {
  const id = config["mask_token_id"]
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabulary
    ? (id as number)
    : undefined
}

/** A model without a tokenizer still runs on tokens. */
const tokenizerOf = (checkpoint: Checkpoint): Effect.Effect<CheckpointTokenizer | undefined, WeightsError> =>
  Effect.catchIf(
    loadTokenizer(checkpoint),
    ({ code }) => code === "weights.no-tokenizer",
    () => Effect.succeed(undefined),
  )

/** The tokens that end a text where no tokenizer says. */
const endTokensOf = ({ config, generationConfig }: Checkpoint): readonly number[] => [
  ...new Set(
    [generationConfig["eos_token_id"], config["eos_token_id"]]
      .flat()
      .filter((id): id is number => typeof id === "number"),
  ),
]

const isOnnx = (device: Device): device is OnnxDevice => "version" in device

/** Loads a checkpoint as a running model; everything is released with the scope. */
export const load = (options: LoadOptions): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { source, dtype, attention, outputs, takesVectors } = options
    const checkpoint = yield* openCheckpoint(source)
    const configPath = `${checkpoint.folder ?? checkpoint.path}: config`
    const architecture = yield* typed(() => readArchitecture(checkpoint.config, configPath))
    const device: Device =
      options.device === "reference"
        ? referenceDevice
        : yield* openDevice(options.device, { threads: options.threads })
    const tokenizer = yield* tokenizerOf(checkpoint)
    const { vocabulary } = architecture
    return yield* assemble({
      name: basename(source),
      architecture,
      attention,
      tensors: tensorsOf(checkpoint, dtype),
      device,
      dtype,
      outputs,
      takesVectors,
      tokenizer,
      vocabularyFingerprint: () => tokenizer?.fingerprint ?? `${vocabulary} unnamed tokens`,
      endTokens: (tokenizer?.endTokens ?? endTokensOf(checkpoint)).filter(
        (id) => Number.isInteger(id) && id >= 0 && id < vocabulary,
      ),
      maskToken: maskTokenOf(checkpoint, vocabulary),
      keep: true,
      ...(isOnnx(device)
        ? { cost: measuredCost(device, [checkpoint.identity, dtype, attention.name, outputs.join()]) }
        : {}),
    })
  })
