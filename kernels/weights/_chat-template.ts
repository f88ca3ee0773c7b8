import { type ChatMessage, RequestError } from "@parade/core"
import * as Effect from "effect/Effect"
import { type Jinja, type Program, renderWithinBounds, TemplateBeyondBounds } from "./_template-bounds.ts"

export interface ChatOptions {
  /** End with the opening of the assistant's turn. Default `true`. */
  readonly addGenerationPrompt?: boolean
}

const failed = (code: string, message: string, advice: string, cause?: unknown): RequestError =>
  new RequestError({ code, path: "prompt", message, advice, cause })

const said = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const parse = <A>(read: () => A): A => {
  try {
    return read()
  } catch (cause) {
    throw failed(
      "request.bad-chat-template",
      `The model's chat template is no Jinja that can be read: ${said(cause)}.`,
      "Use a plain prompt, or another copy of the model.",
      cause,
    )
  }
}

/** Renders conversations by a Jinja template; the engine is loaded and the template parsed at the first use. */
export const chatRenderer = (
  template: string | undefined,
  specialTokens: Readonly<Record<string, string>>,
): ((messages: readonly ChatMessage[], options?: ChatOptions) => Effect.Effect<string, RequestError>) => {
  let parsed: Program | undefined
  return (messages, options = {}) => {
    if (template === undefined)
      return Effect.fail(
        failed(
          "request.no-chat-template",
          "The model has no chat template.",
          "Use a plain prompt, or an instruction-tuned model.",
        ),
      )
    return Effect.tryPromise({
      try: async () => {
        const jinja: Jinja = await import("@huggingface/jinja")
        parsed ??= parse(() => new jinja.Template(template).parsed)
        return renderWithinBounds(jinja, parsed, messages, {
          ...specialTokens,
          messages: messages.map((message) => ({ ...message })),
          add_generation_prompt: options.addGenerationPrompt ?? true,
          tools: null,
        })
      },
      catch: (cause) => {
        if (cause instanceof RequestError) return cause
        if (cause instanceof TemplateBeyondBounds)
          return failed(
            "request.endless-chat-template",
            `The model's chat template ${said(cause)}, which no conversation needs.`,
            "Use a plain prompt, or another copy of the model.",
            cause,
          )
        return failed(
          "request.chat-template-failed",
          `The chat template refuses this conversation: ${said(cause)}.`,
          "Check the order of the roles; some templates know no system message.",
          cause,
        )
      },
    })
  }
}
