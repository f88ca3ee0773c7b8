import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** An integer within a range, with a default. */
export const integerSetting = (
  minimum: number,
  maximum: number,
  fallback: number,
  description: string,
): Schema.withDecodingDefaultKey<typeof Schema.Int> =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** One of several words, with a default. */
export const choiceSetting = <const A extends string>(
  choices: readonly A[],
  fallback: NoInfer<A>,
  description: string,
): Schema.withDecodingDefaultKey<Schema.Literals<readonly A[]>> =>
  Schema.Literals(choices)
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** A list of different words out of several, all of them by default. */
export const choicesSetting = <const A extends string>(
  choices: readonly A[],
  description: string,
): Schema.withDecodingDefaultKey<Schema.UniqueArray<Schema.Literals<readonly A[]>>> =>
  Schema.UniqueArray(Schema.Literals(choices))
    .check(Schema.isMinLength(1))
    .annotate({ description, default: choices })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(choices)))

/** A finite number within bounds, with a default. */
export const numberSetting = (
  minimum: number,
  maximum: number,
  fallback: number,
  description: string,
): Schema.Codec<number, unknown> =>
  Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))
