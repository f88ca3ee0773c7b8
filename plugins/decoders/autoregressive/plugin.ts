import {
  CacheKind,
  defaultPrefillChunk,
  DecoderKind,
  type Decoder,
  definePlugin,
  ModelKind,
  type Plugin,
  SamplerKind,
  slot,
} from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { autoregressive } from "./autoregressive.ts"

/** The plugin `@parade/autoregressive`. */
export const plugin: Plugin<Decoder> = definePlugin({
  kind: DecoderKind,
  name: "@parade/autoregressive",
  summary: "Plain decoding: one forward, one token.",
  config: Schema.Struct({
    prefillChunk: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
      .annotate({
        description: "Prompt rows forwarded at once; an interruption waits for one such forward at most.",
        default: defaultPrefillChunk,
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaultPrefillChunk))),
  }),
  slots: {
    model: slot(ModelKind, "The model that is decoded.", { use: "@parade/transformer" }),
    sampler: slot(SamplerKind, "What the text is drawn from.", { use: "@parade/standard-sampler" }),
    cache: slot(CacheKind, "Where rows are kept.", { use: "@parade/contiguous" }),
  },
  capabilities: ["lossless"],
  make: (config, slots) => Effect.succeed(autoregressive({ ...slots, ...config })),
})
