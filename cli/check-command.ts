import { DecoderKind, validate } from "@parade/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { CommandError } from "./command-error.ts"
import { noteText, outPaint, writeNote, writeOut } from "./output.ts"
import { choiceOf, pipelineFlags } from "./pipeline-options.ts"
import { drawPlan } from "./plan-picture.ts"
import { readPipeline } from "./read-pipeline.ts"

/** `parade check`. */
export const checkCommand: Command.Command.Any = Command.make(
  "check",
  {
    files: Argument.String("PIPELINE.json").pipe(
      Argument.withDescription("Pipelines to check; nothing is loaded but their plugins"),
      Argument.variadic({ min: 1 }),
    ),
    ...pipelineFlags,
  },
  ({ files, ...flags }) =>
    Effect.gen(function* () {
      // All are looked at before anything is said.
      const checked = yield* Effect.forEach(files, (file) =>
        Effect.result(
          Effect.flatMap(readPipeline(choiceOf({ pipeline: file, ...flags })), ({ value, registry }) =>
            validate(DecoderKind, value, registry),
          ),
        ),
      )
      let wrong = 0
      for (const [index, result] of checked.entries()) {
        const file = files[index]!
        if (Result.isSuccess(result))
          yield* writeOut(`${file}: OK\n${drawPlan(result.success, outPaint())}\n`)
        else if (files.length === 1) return yield* Effect.fail(result.failure)
        else {
          wrong++
          const { failure } = result
          // A file that cannot be read is named by its failure already.
          const place = failure.path === file ? "" : `${file}: `
          yield* writeNote(noteText(`${place}${failure.describe()}`))
        }
      }
      if (wrong > 0)
        return yield* Effect.fail(
          new CommandError({
            code: "command.bad-pipelines",
            message: `${wrong} of ${files.length} pipelines cannot be composed.`,
            advice: "What is wrong with each is told above.",
          }),
        )
    }),
).pipe(Command.withDescription("Check pipelines and show what they are composed of"))
