import { rm } from "node:fs/promises"
import { ModelError } from "@parade/core"
import type { DeviceError, Tokenizer } from "@parade/core"
import type { Device } from "@parade/graph"
import type { Architecture, Attention } from "@parade/layers"
import { openDevice } from "@parade/onnx"
import type { OnnxDevice } from "@parade/onnx"
import type { Checkpoint, Minima } from "@parade/weights"
import * as Effect from "effect/Effect"
import { calibrate } from "./_calibrate.ts"
import type { Calibration } from "./_calibrate.ts"
import { keepCalibration, passingFolder } from "./_kept-calibration.ts"
import { modelWeights } from "./_model-weights.ts"
import type { Tensors } from "./_model-weights.ts"
import { rowsPay } from "./_row-choice.ts"
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
  readonly checkpoint: Pick<Checkpoint, "identity" | "tensors">
  /** How blocks with minima are held otherwise. */
  readonly minima: Minima
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

/** Weights below which the form does not matter. */
const SMALL = 2 ** 24

/** Whether most weights are in blocks, which round activations too, so that floats are not there to be faithful to. */
const isQuantised = ({ tensors }: RowFormRequest["checkpoint"]): boolean => {
  let blocks = 0
  let floats = 0
  for (const { shape, quantisation } of tensors.values()) {
    const count = shape.length === 2 ? shape[0]! * shape[1]! : 0
    if (quantisation === undefined) floats += count
    else blocks += count
  }
  return blocks > floats && blocks >= SMALL
}

/**
 * Which products of a model are computed in 8-bit integers with one scale per row; none where `undefined`. With the
 * dtype `auto` that is for large quantised checkpoints on a processor that was measured to be faster so. Activations
 * are measured the first time a checkpoint is loaded, which takes some seconds, and kept in the cache folder.
 */
export const rowForm = (
  request: RowFormRequest,
): Effect.Effect<RowRule | undefined, BuildFailure | DeviceError> =>
  Effect.gen(function* () {
    const { dtype, device, tokenizer, checkpoint, minima } = request
    const forced = dtype === "int8"
    if (!forced && dtype !== "auto") return undefined
    if (device.name !== "cpu")
      return forced
        ? yield* Effect.fail(
            impossible(`The dtype int8 is for the device cpu; this model runs on ${device.name}.`),
          )
        : undefined
    if (tokenizer === undefined)
      return forced
        ? yield* Effect.fail(impossible("The dtype int8 is fitted on text, and this model has no tokenizer."))
        : undefined
    const processor = device as OnnxDevice
    if (!forced && !(isQuantised(checkpoint) && (yield* rowsPay(processor, minima)))) return undefined
    return rowRule(yield* calibration(request, processor, tokenizer))
  })
