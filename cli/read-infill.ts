import type { InfillPiece } from "@parade/core"
import * as Effect from "effect/Effect"
import { CommandError } from "./command-error.ts"

/** A text with holes as pieces: `[[8]]` stands for 8 tokens to be filled in. Fails with `command.bad-hole`. */
export const readInfill = (text: string): Effect.Effect<readonly InfillPiece[], CommandError> =>
  Effect.suspend((): Effect.Effect<readonly InfillPiece[], CommandError> => {
    const pieces: InfillPiece[] = []
    for (const [i, part] of text.split(/\[\[(.*?)\]\]/s).entries()) {
      if (i % 2 === 0) {
        if (part !== "") pieces.push(part)
      } else if (/^[1-9]\d{0,4}$/.test(part)) pieces.push({ hole: Number(part) })
      else
        return Effect.fail(
          new CommandError({
            code: "command.bad-hole",
            path: "--infill",
            message: `[[${part}]] is no hole.`,
            advice: "Write how many tokens are to be filled in: [[8]].",
          }),
        )
    }
    return Effect.succeed(pieces)
  })
