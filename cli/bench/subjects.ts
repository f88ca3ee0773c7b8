import {
  CacheKind,
  type CacheFactory,
  type Decoder,
  DecoderKind,
  definePlugin,
  type Kind,
  kind,
  type Plugin,
  type Registry,
  slot,
  slots,
} from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** What a bench composes: all its pipelines at once, so that equal weights are loaded once and shared. */
export interface Subjects {
  readonly decoders: readonly Decoder[]
  readonly cache: CacheFactory
}

/** The kind of the one node above the pipelines of a bench. */
export const SubjectsKind: Kind<Subjects> = kind("benchSubjects")

/** What `use` says of that node. */
export const subjectsName = "parade-bench-subjects"

const subjects: Plugin<Subjects> = definePlugin({
  kind: SubjectsKind,
  name: subjectsName,
  summary: "The pipelines of one bench run.",
  config: Schema.Struct({}),
  slots: {
    decoders: slots(DecoderKind, "The pipelines."),
    cache: slot(CacheKind, "What holds the rows when a margin is looked up.", { use: "@parade/contiguous" }),
  },
  make: (_, { decoders, cache }) => Effect.succeed({ decoders, cache }),
})

/** The registry with that node in it. */
export const withSubjects = (registry: Registry): Registry => ({
  ...registry,
  resolve: (use, wanted) => (use === subjectsName ? Effect.succeed(subjects) : registry.resolve(use, wanted)),
})
