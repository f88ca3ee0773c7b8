import { rm } from "node:fs/promises"
import { ModelError } from "@parade/core"
import type { DeviceError, Tokenizer } from "@parade/core"
import type { Device } from "@parade/graph"
import type { Architecture, Attention } from "@parade/layers"
import { openDevice } from "@parade/onnx"
import type { OnnxDevice } from "@parade/onnx"
import type { Checkpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import { calibrate } from "./_calibrate.ts"
import type { Calibration } from "./_calibrate.ts"
import { keepCalibration, passingFolder } from "./_kept-calibration.ts"
import { modelWeights } from "./_model-weights.ts"
import type { Tensors } from "./_model-weights.ts"
import { rowRule } from "./_row-rule.ts"
import type { RowRule } from "./_row-rule.ts"
import type { BuildFailure } from "./_typed.ts"
import type { TransformerConfig } from "./config.ts"

/** What decides whether a model computes in 8-bit integers. */
export interface RowFormRequest {
  readonly dtype: TransformerConfig["dtype"]
  readonly architecture: Architecture
  readonly attention: Attention
  readonly tensors: Tensors
  readonly device: Device
  readonly tokenizer: Tokenizer | undefined
  readonly checkpoint: Pick<Checkpoint, "identity">
}

const calibration = (
  { architecture, attention, tensors, checkpoint }: RowFormRequest,
  device: OnnxDevice,
  tokenizer: Tokenizer,
): Effect.Effect<Calibration, BuildFailure> => {
  const measure = Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(Effect.sync(passingFolder), (path) =>
      Effect.promise(() => rm(path, { recursive: true, force: true }).catch(() => undefined)),
    )
    const passing = yield* openDevice("cpu", { threads: device.threads, cacheFolder: folder })
    const weights = modelWeights(architecture, tensors)
    const request = { architecture, attention, weights, device: passing, outputs: [], takesVectors: false }
    return yield* calibrate(request, tokenizer)
  })
  return keepCalibration([checkpoint.identity, attention.name], Effect.scoped(measure))
}

const impossible = (message: string): ModelError =>
  new ModelError({
    code: "model.no-int8",
    message,
    advice: 'Leave `dtype` at "auto", or choose "q8".',
  })

/**
 * Which products of a model are computed in 8-bit integers with one scale per row; none where `undefined`. Activations
 * are measured the first time a checkpoint is loaded so, which takes some seconds, and kept in the cache folder.
 */
export const rowForm = (
  request: RowFormRequest,
): Effect.Effect<RowRule | undefined, BuildFailure | DeviceError> =>
  Effect.gen(function* () {
    const { dtype, device, tokenizer } = request
    if (dtype !== "int8") return undefined
    if (device.name !== "cpu")
      return yield* Effect.fail(
        impossible(`The dtype int8 is for the device cpu; this model runs on ${device.name}.`),
      )
    if (tokenizer === undefined)
      return yield* Effect.fail(
        impossible("The dtype int8 is fitted on text, and this model has no tokenizer."),
      )
    return rowRule(yield* calibration(request, device as OnnxDevice, tokenizer))
  })
