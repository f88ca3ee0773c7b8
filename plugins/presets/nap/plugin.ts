import { type Decoder, DecoderKind, definePlugin, type Plugin, preset } from "@parade/core"
import { maskedDiffusionFields, plugin as maskedDiffusion } from "@parade/masked-diffusion"
import { integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { traceDecoder } from "./trace-decoder.ts"

const tag = (fallback: string, description: string): Schema.Codec<string, unknown> =>
  Schema.String.annotate({ description, default: fallback }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(fallback)),
  )

/** How traces stand on a canvas: fields of decoder and recipe. */
export const layoutFields: {
  readonly traces: Schema.Codec<number, unknown>
  readonly traceLength: Schema.Codec<number, unknown>
  readonly summaryLength: Schema.Codec<number, unknown>
  readonly open: Schema.Codec<string, unknown>
  readonly close: Schema.Codec<string, unknown>
  readonly summary: Schema.Codec<string, unknown>
} = {
  traces: integerSetting(1, 64, 3, "Traces beside each other (m)."),
  traceLength: integerSetting(1, 65536, 330, "Positions of a trace."),
  summaryLength: integerSetting(1, 65536, 32, "Positions of the summary, at most as many as are asked for."),
  open: tag("<think {n}>", "What stands before a trace; {n} is its number."),
  close: tag("</think {n}>", "What stands behind it."),
  summary: tag("<summary>", "What stands before the summary."),
}

const base = preset(maskedDiffusion, {
  name: "@parade/nap",
  summary:
    "Several traces on one canvas that are filled at the same pace, then a summary, which is the answer.",
  slots: {
    schedule: { use: "@parade/traces" },
    refresh: { use: "@parade/full-refresh" },
    unmasker: { use: "@parade/budget", with: { tokens: 3 } },
  },
})

/** The decoder `@parade/nap`. */
export const plugin: Plugin<Decoder> = definePlugin({
  kind: DecoderKind,
  name: base.name,
  summary: base.summary,
  config: Schema.Struct({ ...layoutFields, ...maskedDiffusionFields }),
  slots: base.slots,
  needs: ({ provisional, maxRows, guidance }) => base.needs({ provisional, maxRows, guidance }),
  make: ({ provisional, maxRows, guidance, ...layout }, slots, context) =>
    Effect.map(base.make({ provisional, maxRows, guidance }, slots, context), (decoder) =>
      traceDecoder(decoder, layout),
    ),
})
