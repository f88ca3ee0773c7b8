import * as Effect from "effect/Effect"
import { maxDepth, tooDeep } from "./_json.ts"
import { PipelineError } from "./pipeline-error.ts"

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

/** Reads a pipeline's text; a text that is no JSON, or nests too deep, is one mistake at `$`. */
export const parsePipeline = (text: string): Effect.Effect<unknown, PipelineError> =>
  Effect.suspend(() => {
    const body = text.replace(/^\uFEFF/, "")
    if (textDepth(body) > maxDepth) return Effect.fail(new PipelineError([tooDeep("$")]))
    try {
      return Effect.succeed(JSON.parse(body) as unknown)
    } catch (cause) {
      const code = "pipeline.not-json"
      return Effect.fail(
        new PipelineError([{ path: "$", code, message: syntaxMessage(body, cause) }], { cause }),
      )
    }
  })
