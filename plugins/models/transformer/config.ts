import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The config of `@parade/transformer`. */
export interface TransformerConfig {
  readonly source?: string | undefined
  readonly fallback: string
  readonly adapters?: string | undefined
  readonly dtype: "auto" | "fp32" | "int8" | "q8" | "q4"
  readonly device: "auto" | "cpu" | "webgpu" | "cuda" | "reference"
  readonly threads: "auto" | number
}

/** The embedded model of text from left to right. */
const tinyText = "npm:@parade/model-tiny-text/model"

/** The schema of the config. */
export const TransformerConfig: Schema.Codec<TransformerConfig, unknown> = Schema.Struct({
  source: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "A folder with config.json and safetensors or with adapters that name their base, a .gguf file, hf:owner/name[@revision], or npm:package/folder. By default what PARADE_MODEL names, else what `fallback` says.",
    }),
  ),
  fallback: Schema.NonEmptyString.annotate({
    description:
      "What runs where neither the pipeline nor PARADE_MODEL names a model; decoders that need another kind say so.",
    default: tinyText,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(tinyText))),
  adapters: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "A folder of low-rank adapters as PEFT writes them, merged into the weights: a path, or npm:package/folder.",
    }),
  ),
  dtype: Schema.Literals(["auto", "fp32", "int8", "q8", "q4"])
    .annotate({
      description:
        "How weights are held: auto is faithful to the file at the best speed; int8 computes in 8-bit integers (processor only), which makes many rows at once cheap; q8 rounds floats to 8 bits, q4 to 4 bits and loses quality.",
      default: "auto",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("auto" as const))),
  device: Schema.Literals(["auto", "cpu", "webgpu", "cuda", "reference"])
    .annotate({
      description: "Where the model runs; reference is the exact, slow interpreter for tests.",
      default: "auto",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("auto" as const))),
  threads: Schema.Union([
    Schema.Literal("auto"),
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 256 })),
  ])
    .annotate({
      description: "Processor threads; auto measures once on this machine and keeps the answer.",
      default: "auto",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("auto" as const))),
})
