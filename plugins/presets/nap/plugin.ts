import { type Decoder, DecoderKind, definePlugin, type Plugin, preset } from "@parade/core"
import { maskedDiffusionFields, plugin as maskedDiffusion } from "@parade/masked-diffusion"
import { integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { TraceLayout } from "./layout.ts"
import { traceDecoder } from "./trace-decoder.ts"

const tag = (fallback: string, description: string): Schema.Codec<string, unknown> =>
  Schema.String.annotate({ description, default: fallback }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(fallback)),
  )

/** How traces stand on a canvas: fields of decoder and recipe. */
export const layoutFields = (
  defaults: TraceLayout,
): { readonly [K in keyof TraceLayout]: Schema.Codec<TraceLayout[K], unknown> } => ({
  traces: integerSetting(1, 64, defaults.traces, "Traces beside each other (m)."),
  traceLength: integerSetting(1, 65536, defaults.traceLength, "Positions of a trace."),
  summaryLength: integerSetting(
    1,
    65536,
    defaults.summaryLength,
    "Positions of the summary, at most as many as are asked for.",
  ),
  open: tag(defaults.open, "What stands before a trace; {n} is its number."),
  close: tag(defaults.close, "What stands behind it."),
  summary: tag(defaults.summary, "What stands before the summary."),
})

/** The paper's. */
const layout: TraceLayout = {
  traces: 3,
  traceLength: 330,
  summaryLength: 32,
  open: "<think {n}>",
  close: "</think {n}>",
  summary: "<summary>",
}

/** The embedded model, trained on traces by the recipe. */
const ownModel = "npm:@parade/nap/model"

const base = preset(maskedDiffusion, {
  name: "@parade/nap",
  summary:
    "Several traces on one canvas that are filled at the same pace, then a summary, which is the answer.",
  slots: {
    model: { use: "@parade/transformer", with: { fallback: ownModel } },
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
  config: Schema.Struct({ ...layoutFields(layout), ...maskedDiffusionFields }),
  slots: base.slots,
  needs: ({ provisional, maxRows, guidance }) => base.needs({ provisional, maxRows, guidance }),
  make: ({ provisional, maxRows, guidance, ...own }, slots, context) =>
    Effect.map(base.make({ provisional, maxRows, guidance }, slots, context), (decoder) =>
      traceDecoder(decoder, own),
    ),
})
