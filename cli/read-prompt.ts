import * as Effect from "effect/Effect"
import { CommandError } from "./command-error.ts"
import { readStandardInput, readText } from "./read-text.ts"

/** Where a prompt may come from, one of them; standard input otherwise. */
export interface PromptChoice {
  readonly prompt: string | undefined
  readonly promptFile: string | undefined
  /** Token ids, for models without a tokenizer: `1,2,3`. */
  readonly tokens: string | undefined
}

/** Without the line end that editors and `echo` put after the last line. */
const withoutLastLineEnd = (text: string): string => text.replace(/\r?\n$/, "")

const badPrompt = (code: string, message: string, advice: string): CommandError =>
  new CommandError({ code: `command.${code}`, message, advice })

const parseTokens = (text: string): Effect.Effect<readonly number[], CommandError> => {
  const words = text.trim().split(/[\s,]+/)
  return words.every((word) => /^\d{1,9}$/.test(word))
    ? Effect.succeed(words.map(Number))
    : Effect.fail(
        badPrompt("bad-tokens", `${JSON.stringify(text)} is not a list of token ids.`, "Write 1,2,3."),
      )
}

const advice = "Give --prompt TEXT or --prompt-file FILE, or pipe a text in."

/** The prompt, as text or as token ids; nothing where nobody asks: no option, and nothing on standard input. */
export const promptIfAny: (
  choice: PromptChoice,
) => Effect.Effect<string | readonly number[] | undefined, CommandError> = Effect.fnUntraced(
  function* (choice) {
    const { prompt, promptFile, tokens } = choice
    if ([prompt, promptFile, tokens].filter((given) => given !== undefined).length > 1)
      return yield* Effect.fail(
        badPrompt(
          "two-prompts",
          "--prompt, --prompt-file and --tokens exclude each other.",
          "Give one of them.",
        ),
      )
    if (tokens !== undefined) return yield* parseTokens(tokens)
    if (prompt === undefined && promptFile === undefined) {
      const text = process.stdin.isTTY === true ? "" : withoutLastLineEnd(yield* readStandardInput)
      return text === "" ? undefined : text
    }
    const text = prompt ?? withoutLastLineEnd(yield* readText(promptFile!))
    return text === "" ? yield* Effect.fail(badPrompt("no-prompt", "The prompt is empty.", advice)) : text
  },
)

/** The prompt, which must be there. */
export const readPrompt = (choice: PromptChoice): Effect.Effect<string | readonly number[], CommandError> =>
  Effect.flatMap(promptIfAny(choice), (prompt) =>
    prompt === undefined
      ? Effect.fail(badPrompt("no-prompt", "There is no prompt.", advice))
      : Effect.succeed(prompt),
  )
