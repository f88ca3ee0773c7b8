import {
  type CacheFactory,
  DecodeError,
  decodeCanvas,
  type Decoder,
  type Model,
  type Sampler,
} from "@parade/core"
import type { CanvasShape, Refresh, Schedule, Unmasker } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { canvasCache } from "./canvas-cache.ts"
import { guidanceOf } from "./guidance.ts"
import { readingFor } from "./reading.ts"
import { denoisingRound } from "./round.ts"

/** What masked diffusion is made of. */
export interface MaskedDiffusionOptions {
  readonly model: Model
  readonly sampler: Sampler
  readonly schedule: Schedule
  readonly refresh: Refresh
  readonly unmasker: Unmasker
  readonly cache: CacheFactory
  /** Show what is predicted for masked positions as `provisional` events; false by default. */
  readonly provisional?: boolean
  /** Rows of several candidates in one forward, at most, as a mask of their square is made of them; 4096 by default. */
  readonly maxRows?: number
  /**
   * Strength of classifier-free guidance (`w`): logits become `u + (w + 1)(c − u)`, where `u` are those of the same canvas
   * with the prompt and all fixed tokens masked. Every forward is then two. 0, which is none, by default.
   */
  readonly guidance?: number
}

const unfit = (code: string, slot: string, message: string, advice: string): DecodeError =>
  new DecodeError({ code: `denoise.${code}`, path: slot, message, advice })

/** Why a model cannot be denoised with such parts, if it cannot; the path of the failure is the part that should be another. */
export const unfitFor = ({
  model,
  sampler,
  unmasker,
  refresh,
}: MaskedDiffusionOptions): DecodeError | undefined => {
  const { info } = model
  if (info.maskToken === undefined)
    return unfit(
      "no-mask-token",
      "model",
      `${info.name} has no mask token: it was not trained to fill in masked positions.`,
      "Choose a masked-diffusion model, such as LLaDA, Dream or the embedded npm:@parade/model-tiny-diffusion/model; its config names the mask_token_id.",
    )
  const rules = unmasker.proposesSeveral === true ? (["ranked", "branches"] as const) : (["ranked"] as const)
  const missing = rules.find((rule) => !info.visibility.includes(rule))
  if (missing !== undefined)
    return unfit(
      "no-visibility",
      "model",
      `${info.name} cannot let its rows see each other (visibility ${missing}).`,
      `It computes ${info.visibility.join(", ")}.`,
    )
  const { block = Infinity } = refresh
  if (info.blockLength !== undefined && block !== "trained" && block > info.blockLength)
    return unfit(
      "sees-too-much",
      "refresh",
      `${info.name} was trained on blocks of ${info.blockLength}, whose rows see nothing behind them; with ${refresh.name} they would see ${block === Infinity ? "everything" : `blocks of ${block}`}.`,
      block === Infinity
        ? "Choose a refresh for such blocks: @parade/exact-block-cache, or @parade/wedlm for rows that see what lies before."
        : `Set the block of the refresh, and the length of the schedule's blocks, to ${info.blockLength} or less.`,
    )
  if (info.blockLength === undefined && block !== Infinity)
    return unfit(
      "sees-too-little",
      "refresh",
      `${info.name} was trained with rows that all see each other; with ${refresh.name} they would see nothing behind ${block === 1 ? "their own" : block === "trained" ? "their block" : `their block of ${block}`}.`,
      "Choose a refresh that lets all rows see each other, such as @parade/full-refresh, or a model that was trained to see so much.",
    )
  const { vocabularyFingerprint: trained } = unmasker
  if (trained !== undefined && trained !== info.vocabularyFingerprint)
    return unfit(
      "vocabulary-mismatch",
      "unmasker",
      `What ${unmasker.name} goes by was trained with a model of another vocabulary than that of ${info.name}.`,
      "Name trained parts that belong to the model, or train some with its recipe.",
    )
  if (sampler.order === "leftToRight")
    return unfit(
      "left-to-right-sampler",
      "sampler",
      "The sampler needs all text before a position, and a canvas is filled in any order.",
      "Leave out the processors that look back in order.",
    )
  return undefined
}

/**
 * Masked diffusion: the prompt and a canvas of masked positions go through the model together; of what it predicts,
 * the unmasker puts some tokens on the canvas for good, and so on until the canvas is filled or its text has ended.
 * The parts must fit the model (see {@link unfitFor}).
 */
export const maskedDiffusion = (options: MaskedDiffusionOptions): Decoder => {
  const { model, schedule, refresh, unmasker, guidance: strength = 0 } = options
  return {
    model,
    decode: (request) => {
      const promptLength = request.prompt.reduce(
        (sum, part) => sum + ("tokens" in part ? part.tokens.length : part.rows),
        0,
      )
      const { blockLength } = model.info
      const shapeOf = (length: number): CanvasShape => ({
        promptLength,
        length,
        ...(blockLength === undefined ? {} : { trainedBlock: blockLength }),
      })
      return decodeCanvas({
        model,
        request,
        check: (length) => schedule.check?.(shapeOf(length)),
        open: (canvas, prompt) =>
          Effect.gen(function* () {
            const shape = shapeOf(canvas.length)
            const openCache = Effect.flatMap(model.makeStore, options.cache.make)
            const cache = yield* openCache
            const guidance =
              strength === 0
                ? undefined
                : guidanceOf(model.info, strength, canvas, prompt, canvasCache(yield* openCache))
            const unmasking = unmasker.open({ ...shape, info: model.info, seed: request.seed })
            return denoisingRound({
              model,
              reading: readingFor({
                model,
                sampler: options.sampler,
                unmasker,
                unmasking,
                seed: request.seed,
                mixed: guidance !== undefined,
              }),
              canvas,
              prompt,
              cached: canvasCache(cache),
              guidance,
              scheduling: schedule.open(shape),
              refreshing: refresh.open(shape),
              unmasker,
              unmasking,
              seed: request.seed,
              maxRows: options.maxRows ?? 4096,
              showProvisional: options.provisional === true,
            })
          }),
      })
    },
  }
}
