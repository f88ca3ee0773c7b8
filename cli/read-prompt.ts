import * as Effect from "effect/Effect"
import { CommandError } from "./command-error.ts"
import { readText } from "./read-pipeline.ts"

/** Where a prompt may come from, in this order; standard input otherwise. */
export interface PromptChoice {
  readonly prompt: string | undefined
  readonly promptFile: string | undefined
}

/** All of standard input as text. */
const readStandardInput: Effect.Effect<string> = Effect.promise(async () => {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
})

/** Without the line end that editors and `echo` put after the last line. */
const withoutLastLineEnd = (text: string): string => text.replace(/\r?\n$/, "")

const badPrompt = (code: string, message: string, advice: string): CommandError =>
  new CommandError({ code: `command.${code}`, message, advice })

/** The prompt, which must be there and must not be empty. */
export const readPrompt: (choice: PromptChoice) => Effect.Effect<string, CommandError> = Effect.fnUntraced(
  function* ({ prompt, promptFile }) {
    if (prompt !== undefined && promptFile !== undefined)
      return yield* Effect.fail(
        badPrompt("two-prompts", "--prompt and --prompt-file exclude each other.", "Give one of them."),
      )
    const advice = "Give --prompt TEXT or --prompt-file FILE, or pipe a text in."
    if (prompt === undefined && promptFile === undefined && process.stdin.isTTY === true)
      return yield* Effect.fail(badPrompt("no-prompt", "There is no prompt.", advice))
    const text =
      prompt ?? withoutLastLineEnd(yield* promptFile === undefined ? readStandardInput : readText(promptFile))
    return text === "" ? yield* Effect.fail(badPrompt("no-prompt", "The prompt is empty.", advice)) : text
  },
)
