import { basename, join } from "node:path"
import { isParadeError, type Model, type ModelError, type ParadeError } from "@parade/core"
import type { Device } from "@parade/graph"
import type { Architecture, Attention } from "@parade/layers"
import { loadTokenizer, locateSource, openCheckpoint, resolveSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { readArchitecture } from "./architectures.ts"
import { assemble, type Tensors } from "./assemble.ts"
import { tensorsOf } from "./load.ts"
import { weightsFingerprint } from "./_weights-fingerprint.ts"

/** A frozen model that something is trained for: as it decodes, and what `trainingGraph` lets gradients pass through. */
export interface Backbone {
  readonly model: Model
  readonly architecture: Architecture
  readonly attention: Attention
  readonly tensors: Tensors
  /** Names its weights. */
  readonly identity: string
}

/** Opens a checkpoint on the device that is trained on, in single precision; `outputs` of it beside `logits`. */
export const openBackbone = (
  named: string,
  base: string,
  attention: Attention,
  device: Device,
  outputs: readonly string[] = [],
): Effect.Effect<Backbone, ParadeError, Scope> =>
  Effect.gen(function* () {
    const source = yield* locateSource(named, base)
    const checkpoint = yield* openCheckpoint(yield* resolveSource(source))
    const architecture = yield* Effect.try({
      try: () =>
        readArchitecture(checkpoint.config, join(checkpoint.folder ?? checkpoint.path, "config.json")),
      catch: (cause) => {
        if (isParadeError(cause)) return cause as ModelError
        throw cause
      },
    })
    const tokenizer = yield* loadTokenizer(checkpoint)
    const tensors = tensorsOf(checkpoint, "fp32")
    const model = yield* assemble({
      name: basename(source),
      architecture,
      attention,
      tensors,
      device,
      dtype: "fp32",
      outputs,
      lendsHead: true,
      tokenizer,
      vocabularyFingerprint: () => tokenizer.fingerprint,
      weightsFingerprint: () => weightsFingerprint(checkpoint),
      endTokens: tokenizer.endTokens,
    })
    return { model, architecture, attention, tensors, identity: checkpoint.identity }
  })
