import {
  CacheKind,
  DecodeError,
  DecoderKind,
  type Decoder,
  definePlugin,
  ModelKind,
  type Plugin,
  SamplerKind,
  slot,
  VerifierKind,
} from "@parade/core"
import { DrafterKind, incompatibility } from "@parade/drafting"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { measureDrafting } from "./measure-drafting.ts"
import { speculative } from "./speculative.ts"

/** The plugin `@parade/speculative`. */
export const plugin: Plugin<Decoder> = definePlugin({
  kind: DecoderKind,
  name: "@parade/speculative",
  summary: "Drafts a tree of tokens and verifies it in one forward of the model.",
  config: Schema.Struct({
    maxDraft: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 256 })).annotate({
        description: "Drafted tokens verified in one forward, at most. Default 16.",
      }),
    ),
    adaptive: Schema.optionalKey(
      Schema.Boolean.annotate({
        description:
          "Draft only as much as pays, by measured acceptance and the price of rows; otherwise as if rows were free. Default true.",
      }),
    ),
    prefillChunk: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })).annotate({
        description:
          "Prompt rows forwarded at once; an interruption waits for at most one such forward. Default 256.",
      }),
    ),
  }),
  slots: {
    model: slot(ModelKind, "The model that is decoded.", { use: "@parade/transformer" }),
    drafter: slot(DrafterKind, "Who proposes tokens.", { use: "@parade/prompt-lookup" }),
    verifier: slot(VerifierKind, "Who decides which of them stand.", { use: "@parade/exact-match" }),
    sampler: slot(SamplerKind, "What the text is drawn from.", { use: "@parade/standard-sampler" }),
    cache: slot(CacheKind, "Where rows are kept.", { use: "@parade/contiguous" }),
  },
  needs: () => [{ slot: "model", name: "visibility", value: "tree" }],
  make: (config, slots, { path }) => {
    const problem = incompatibility(slots.drafter, slots.verifier, slots.model)
    if (problem !== undefined) {
      const { code, message, advice, path: slot } = problem
      return Effect.fail(new DecodeError({ code, message, advice, path: `${path}.${slot}` }))
    }
    const options = { ...slots, ...config }
    // Measuring prices takes seconds, once on a machine: they belong to the loading, not to the first text.
    return config.adaptive === false
      ? Effect.succeed(speculative(options))
      : Effect.map(measureDrafting(options), (drafting) => speculative({ ...options, drafting }))
  },
})
