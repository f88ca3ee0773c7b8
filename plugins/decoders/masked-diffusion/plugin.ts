import {
  DecodeError,
  DecoderKind,
  type Decoder,
  definePlugin,
  ModelKind,
  type Plugin,
  slot,
} from "@parade/core"
import { denoisingNeeds, denoisingSlots, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { maskedDiffusion, unfitFor } from "./masked-diffusion.ts"

/** The fields of the config, for decoders that are more than that. */
export const maskedDiffusionFields: {
  readonly provisional: Schema.Codec<boolean, unknown>
  readonly maxRows: Schema.Codec<number, unknown>
  readonly guidance: Schema.Codec<number, unknown>
} = {
  provisional: Schema.Boolean.annotate({
    description: "Show what is predicted for positions still masked, as provisional events.",
    default: false,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  maxRows: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
    .annotate({ description: "Rows of several candidates in one forward, at most.", default: 4096 })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4096))),
  guidance: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
    .annotate({
      description:
        "Strength of classifier-free guidance (w), away from what is predicted without the prompt; 0: none.",
      default: 0,
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
}

/** The plugin `@parade/masked-diffusion`. */
export const plugin: Plugin<Decoder> = definePlugin({
  kind: DecoderKind,
  name: "@parade/masked-diffusion",
  summary: "Fills many masked positions per forward of a masked-diffusion model, in any order.",
  config: Schema.Struct(maskedDiffusionFields),
  slots: {
    model: slot(ModelKind, "The masked-diffusion model that is decoded.", {
      use: "@parade/transformer",
      with: { fallback: "npm:@parade/model-tiny-diffusion/model" },
    }),
    unmasker: slot(UnmaskerKind, "What is kept of a step.", { use: "@parade/threshold" }),
    ...denoisingSlots,
  },
  needs: () => denoisingNeeds,
  make: (config, slots, { path }) => {
    const options = { ...slots, ...config }
    const problem = unfitFor(options)
    if (problem === undefined) return Effect.succeed(maskedDiffusion(options))
    const { code, message, advice, path: slot } = problem
    return Effect.fail(new DecodeError({ code, message, advice, path: `${path}.${slot}` }))
  },
})
