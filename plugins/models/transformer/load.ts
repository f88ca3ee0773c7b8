import { basename, join } from "node:path"
import { type Model, ModelError, type ParadeError, reportTask, type WeightsError } from "@parade/core"
import { codeStamp, graphModule, referenceDevice } from "@parade/graph"
import type { Device } from "@parade/graph"
import { type Attention, layersModule } from "@parade/layers"
import { alternatingEntries, openDevice } from "@parade/onnx"
import type { OnnxDevice } from "@parade/onnx"
import {
  finiteValues,
  loadTokenizer,
  matrixOf,
  openCheckpoint,
  resolveSource,
  weightsModule,
  withAdapters,
} from "@parade/weights"
import type { Checkpoint, CheckpointTokenizer, MatrixDtype, Minima } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { readArchitecture } from "./architectures.ts"
import { configReader } from "./_config-reader.ts"
import { assemble } from "./assemble.ts"
import type { Tensors } from "./assemble.ts"
import { measuredCost } from "./_cost.ts"
import { chooseMinima } from "./_minima.ts"
import { rowForm } from "./_row-form.ts"
import { typed } from "./_typed.ts"
import { weightsFingerprint } from "./_weights-fingerprint.ts"
import type { TransformerConfig } from "./config.ts"

/** What a checkpoint is loaded as. */
export interface LoadOptions extends Omit<TransformerConfig, "source" | "fallback" | "adapters"> {
  /** A folder, a file, or `hf:owner/name`. */
  readonly source: string
  /** A folder of adapters, merged into the weights. */
  readonly adapters?: string | undefined
  readonly attention: Attention
  /** Outputs beside the logits that forwards may ask for: `hidden.final`, `argmax` … */
  readonly outputs?: readonly string[]
  /** Whether rows may be vectors in place of tokens. */
  readonly takesVectors?: boolean
  /** Whether others may compute logits of states of their own with the model's head. */
  readonly lendsHead?: boolean
  /** Layers, ascending, that a forward may begin or end at; none where absent. */
  readonly cuts?: readonly number[]
  /** Whether other models run between its forwards. */
  readonly takesTurns?: boolean
}

/**
 * Numbers of an LM head up to which it is lent on a thread of its own: two teams of threads would hold the cores from each other,
 * and a model as small would feel it if its threads stopped waiting for the next forward.
 */
const SMALL_HEAD = 8 << 20

/** The tensors of a checkpoint. */
export const tensorsOf = (checkpoint: Checkpoint, dtype: MatrixDtype, minima: Minima = "zeros"): Tensors => ({
  path: checkpoint.path,
  names: checkpoint.tensors.keys(),
  shape: (name) => checkpoint.tensors.get(name)?.shape,
  // Rows are looked up in 8 bits as they are; offsets would make floats of them.
  matrix: (name, lookedUp) => matrixOf(checkpoint.tensor(name), dtype, lookedUp ? "zeros" : minima),
  vector: (name) => {
    const tensor = checkpoint.tensor(name)
    return { length: tensor.shape[0]!, identity: tensor.identity, values: () => finiteValues(tensor) }
  },
})

/**
 * A model without a tokenizer still runs on tokens. Added tokens may lie beyond the model's, as nobody has to write them;
 * those that texts are made of may not.
 */
const tokenizerOf = (
  checkpoint: Checkpoint,
  vocabulary: number,
): Effect.Effect<CheckpointTokenizer | undefined, WeightsError | ModelError> =>
  loadTokenizer(checkpoint).pipe(
    Effect.flatMap((tokenizer) =>
      tokenizer.textVocabularySize <= vocabulary
        ? Effect.succeed(tokenizer)
        : Effect.fail(
            new ModelError({
              code: "model.foreign-tokenizer",
              message: `The tokenizer has ${tokenizer.textVocabularySize} tokens for texts, the model ${vocabulary}: it belongs to another model.`,
              advice: "Put the tokenizer beside the weights that they were trained with.",
              path: checkpoint.folder ?? checkpoint.path,
            }),
          ),
    ),
    Effect.catchIf(
      ({ code }) => code === "weights.no-tokenizer",
      () => Effect.succeed(undefined),
    ),
  )

/** The tokens that the config files give a meaning, and the length and the prompt that they advise. Throws `model.bad-config`. */
const generationOf = (
  { config, generationConfig, folder = "" }: Checkpoint,
  configPath: string,
  vocabulary: number,
): {
  readonly end: readonly number[]
  readonly mask: number | undefined
  readonly answerLength: number | undefined
  readonly examplePrompt: string | undefined
} => {
  const own = configReader(config, configPath)
  const generation = configReader(generationConfig, join(folder, "generation_config.json"))
  const end = [generation, own].flatMap((reader) => reader.tokens("eos_token_id", vocabulary))
  return {
    end: [...new Set(end)],
    mask: own.tokens("mask_token_id", vocabulary)[0],
    answerLength: generation.has("max_new_tokens") ? generation.integer("max_new_tokens") : undefined,
    examplePrompt: generation.has("example_prompt") ? generation.string("example_prompt") : undefined,
  }
}

/** Where the config came from: a file of its own, or the metadata of a GGUF file. */
const configPathOf = ({ format, folder, path }: Checkpoint): string =>
  format === "gguf" || folder === undefined ? `${path}: config` : join(folder, "config.json")

const isOnnx = (device: Device): device is OnnxDevice => "version" in device

/** What a graph follows from beside what {@link assemble} knows: its checkpoint, how that is held, and the code that builds it. */
const keyOf = ({ modules = [] }: Attention, form: readonly string[]): string | undefined => {
  const code =
    modules.length === 0
      ? undefined
      : codeStamp([graphModule, layersModule, weightsModule, import.meta.url, ...modules])
  return code === undefined ? undefined : [code, ...form].join("\n")
}

/** Loads a checkpoint as a running model; everything is released with the scope. */
export const load = (options: LoadOptions): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { source, adapters, dtype, attention } = options
    const { outputs = [], takesVectors = false, lendsHead = false, cuts = [], takesTurns = false } = options
    yield* reportTask("Reading the checkpoint")
    const base = yield* openCheckpoint(yield* resolveSource(source))
    const checkpoint = adapters === undefined ? base : yield* withAdapters(base, adapters)
    const configPath = configPathOf(checkpoint)
    const architecture = yield* typed(() => readArchitecture(checkpoint.config, configPath))
    const special = yield* typed(() => generationOf(checkpoint, configPath, architecture.vocabulary))
    yield* reportTask("Opening the device")
    const hasSmallHead = architecture.vocabulary * architecture.width <= SMALL_HEAD
    // Pieces, and a head that is lent, are sessions of their own.
    const alternates = takesTurns || cuts.length > 0 || (lendsHead && !hasSmallHead)
    const entries = alternates ? { extra: alternatingEntries } : {}
    const device: Device =
      options.device === "reference"
        ? referenceDevice
        : yield* openDevice(options.device, { threads: options.threads, ...entries })
    const headDevice: Device =
      lendsHead && hasSmallHead && isOnnx(device) && device.name === "cpu"
        ? yield* openDevice("cpu", { threads: 1, ...entries })
        : device
    const matrixDtype = dtype === "int8" ? "auto" : dtype
    const minima =
      isOnnx(device) && matrixDtype === "auto" ? yield* chooseMinima(checkpoint, device) : "zeros"
    yield* reportTask("Reading the tokenizer")
    const { vocabulary } = architecture
    const tokenizer = yield* tokenizerOf(checkpoint, vocabulary)
    const tensors = tensorsOf(checkpoint, matrixDtype, minima)
    const form = yield* rowForm({
      dtype,
      architecture,
      attention,
      tensors,
      device,
      tokenizer,
      checkpoint,
      minima,
    })
    const held = form === undefined ? dtype : `${dtype}: int8 in ${form.chosen} of ${form.of} products`
    return yield* assemble({
      name: basename(source),
      architecture,
      attention,
      tensors,
      device,
      dtype: held,
      linear: form?.rule,
      outputs,
      takesVectors,
      lendsHead,
      headDevice,
      cuts,
      tokenizer,
      vocabularyFingerprint: () => tokenizer?.fingerprint ?? `${vocabulary} unnamed tokens`,
      weightsFingerprint: () => weightsFingerprint(checkpoint),
      endTokens: (tokenizer?.endTokens ?? special.end).filter((id) => id >= 0 && id < vocabulary),
      maskToken: special.mask ?? architecture.maskToken,
      answerLength: special.answerLength,
      examplePrompt: special.examplePrompt,
      keep: true,
      key: keyOf(attention, [checkpoint.identity, held, minima, isOnnx(device) ? device.version : ""]),
      ...(isOnnx(device)
        ? {
            cost: measuredCost(device, [
              checkpoint.identity,
              held,
              minima,
              attention.name,
              outputs.join(),
              ...cuts.map((cut) => `cut ${cut}`),
              ...(alternates ? ["in turns"] : []),
            ]),
          }
        : {}),
    })
  })
