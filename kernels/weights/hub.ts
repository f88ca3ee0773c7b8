import { Progress, WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import { isWebAddress } from "./_hub-source.ts"

/** Settings that have defaults from the environment. */
export interface HubOptions {
  /** Default: `HF_ENDPOINT`, or the public hub. */
  readonly endpoint?: string
  /** Default: `HF_TOKEN`. */
  readonly token?: string
  /** Default: `PARADE_CACHE`, or `parade` in the user's cache folder. */
  readonly cache?: string
  /** Attempts per file. Default 6. */
  readonly attempts?: number
  /** Milliseconds before the second attempt, doubled for each further one. Default 500. */
  readonly delay?: number
  /** Milliseconds without a byte after which an attempt is given up. Default 30,000. */
  readonly patience?: number
}

/**
 * Where a model is on disk. A path is given back as it is; `hf:owner/name[/file.gguf][@revision]` is downloaded to
 * the cache folder first, only the files that are needed, each checked against what the hub says of it. An
 * interrupted download goes on where it broke off. Progress is told to `Progress` of `@parade/core`. Fails with
 * `weights.*` codes named in the README.
 */
export const resolveSource = (
  source: string,
  options: HubOptions = {},
): Effect.Effect<string, WeightsError> =>
  source.startsWith("hf:")
    ? Effect.flatMap(Progress, (listener) =>
        Effect.flatMap(
          // Nothing of this is loaded for a model on disk.
          Effect.promise(() => import("./_hub-model.ts")),
          ({ fetchModel }) =>
            Effect.tryPromise({
              try: (signal) => fetchModel(source, options, listener, signal),
              catch: (cause) => cause as WeightsError,
            }),
        ),
      )
    : isWebAddress(source)
      ? Effect.fail(
          new WeightsError({
            code: "weights.bad-source",
            message: "A model is not read from a web address.",
            advice: "Write hf:owner/name for a model on the hub, or download it and name its folder.",
            path: source,
          }),
        )
      : Effect.succeed(source)
