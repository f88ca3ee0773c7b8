import { RequestError } from "@parade/core"
import * as Schema from "effect/Schema"
import type { BenchPrompt } from "./prompts.ts"

const PromptLine = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  category: Schema.optionalKey(Schema.String),
  prompt: Schema.String,
})

const readLine = (text: string, path: string): typeof PromptLine.Type => {
  try {
    return Schema.decodeUnknownSync(PromptLine)(JSON.parse(text))
  } catch (cause) {
    throw new RequestError({
      code: "bench.malformed-prompt",
      message: "A line is not a prompt.",
      advice:
        'Write one JSON object per line: {"prompt": "…", "category": "…", "id": "…"}; only the prompt is required.',
      path,
      cause,
    })
  }
}

/**
 * Prompts from the text of a JSON Lines file: `{"prompt", "category"?, "id"?}` per line.
 *
 * @throws RequestError where there is none, or a line is not a prompt.
 */
export const readPrompts = (text: string, file: string): BenchPrompt[] => {
  const prompts = text.split("\n").flatMap((line, index): BenchPrompt[] => {
    if (line.trim() === "") return []
    const { id = `${index + 1}`, category = "prompts", prompt } = readLine(line, `${file}:${index + 1}`)
    return [{ id, category, messages: [{ role: "user", content: prompt }] }]
  })
  if (prompts.length === 0)
    throw new RequestError({
      code: "bench.no-prompts",
      message: "This holds no prompt.",
      advice: 'Write one JSON object per line: {"prompt": "…"}.',
      path: file,
    })
  return prompts
}
