import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The model that comes with the project. */
const embeddedModel = "npm:@parade/model-tiny-text/model"

/** A checkpoint that a recipe starts from, by default the embedded text model. */
export const sourceSetting = (
  description: string,
  fallback: string = embeddedModel,
): Schema.Codec<string, unknown> =>
  Schema.NonEmptyString.annotate({ description, default: fallback }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(fallback)),
  )
