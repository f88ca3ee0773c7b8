import { choiceSetting, integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** How a place is guessed that the target has said nothing of yet. */
export type Start = "random" | "repeat-left" | "likeliest-left"

/** The config of `@parade/speculative-jacobi`. */
export interface SpeculativeJacobiConfig {
  readonly window: number
  readonly start: Start
  readonly rowLength?: number | undefined
}

/** The schema of the config. */
export const SpeculativeJacobiConfig: Schema.Codec<SpeculativeJacobiConfig, unknown> = Schema.Struct({
  window: integerSetting(
    1,
    256,
    16,
    "W: rows of a forward, the newest committed token and W − 1 drafts; the decoder's maxDraft holds too.",
  ),
  start: choiceSetting(
    ["random", "repeat-left", "likeliest-left"],
    "random",
    "What is drafted where the target has said nothing yet: any token, the token on the left, or what is likeliest there.",
  ),
  rowLength: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })).annotate({
      description:
        "Tokens of a row of a grid, its end-of-row token among them, counted from the first token behind the prompt: the first of a row has nothing on its left. Text is one row.",
    }),
  ),
})
