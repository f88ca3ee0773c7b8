import * as Effect from "effect/Effect"
import { duplicateKeys } from "./_duplicate-keys.ts"
import { maxDepth, tooDeep } from "./_json.ts"
import { PipelineError, pipelineErrorOf } from "./pipeline-error.ts"

/** How deep a JSON text nests, in one pass that needs no stack and believes nothing. */
const textDepth = (text: string): number => {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (quoted) {
      if (char === "\\") i++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === "{" || char === "[") deepest = Math.max(deepest, ++depth)
    else if (char === "}" || char === "]") depth--
  }
  return deepest
}

const syntaxMessage = (text: string, cause: unknown): string => {
  const said = cause instanceof Error ? cause.message : String(cause)
  const at = /position (\d+)/.exec(said)?.[1]
  if (at === undefined || said.includes("line")) return `This is not JSON: ${said}.`
  const before = text.slice(0, Number(at)).split("\n")
  return `This is not JSON: ${said} (line ${before.length}, column ${before.at(-1)!.length + 1}).`
}

/**
 * Reads a pipeline's text. A text that is no JSON, or nests too deep, is one mistake at `$`; a key that an object has
 * twice is one at its place.
 */
export const parsePipeline = (text: string): Effect.Effect<unknown, PipelineError> =>
  Effect.suspend(() => {
    const body = text.replace(/^\uFEFF/, "")
    if (textDepth(body) > maxDepth) return Effect.fail(new PipelineError([tooDeep("$")]))
    try {
      const value: unknown = JSON.parse(body)
      const twice = pipelineErrorOf(duplicateKeys(body))
      return twice === undefined ? Effect.succeed(value) : Effect.fail(twice)
    } catch (cause) {
      const code = "pipeline.not-json"
      return Effect.fail(
        new PipelineError([{ path: "$", code, message: syntaxMessage(body, cause) }], { cause }),
      )
    }
  })
