import {
  CacheKind,
  type Decoder,
  DecoderKind,
  definePlugin,
  ModelKind,
  type Plugin,
  SamplerKind,
  slot,
} from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { plain } from "./plain.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Decoder> = definePlugin({
  kind: DecoderKind,
  name: "parade-plugin-template",
  summary: "One token per forward: a decoder to begin with.",
  config: Schema.Struct({
    prefillChunk: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
      .annotate({ description: "Prompt rows forwarded at once.", default: 256 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(256))),
  }),
  slots: {
    model: slot(ModelKind, "The model that is decoded.", { use: "@parade/transformer" }),
    sampler: slot(SamplerKind, "What the text is drawn from.", { use: "@parade/standard-sampler" }),
    cache: slot(CacheKind, "Where rows are kept.", { use: "@parade/contiguous" }),
  },
  capabilities: ["lossless"],
  make: (config, slots) => Effect.succeed(plain({ ...slots, ...config })),
})
