import type { CanvasTarget } from "@parade/core"
import { chatPrompt, type Encode, endToken, RecipeError } from "@parade/recipes"
import type { Example } from "@parade/tasks"
import { summarySpan } from "./layout.ts"
import type { TracePassage } from "./masked-traces.ts"

export interface TracePassageOptions {
  readonly canvas: CanvasTarget
  readonly encode: Encode
  /** The share of derivations that go wrong somewhere. */
  readonly wrong: number
  /** So many derivations in one trace, each going on from the one before: the control. */
  readonly joined: number | undefined
}

const tooLong = (what: string, needed: number, length: number): RecipeError =>
  new RecipeError({
    code: "recipe.too-long",
    message: `${what} takes ${needed} tokens, and there is room for ${length}.`,
    advice: "Make the traces or the summary longer, or the task easier.",
  })

/**
 * An exercise with its derivations and its answer on a canvas of traces, each filled up with ends of text. Derivations may be
 * wrong, the answer never is: what reads them all learns to go by the most.
 *
 * @throws RecipeError `recipe.no-derivations`, `recipe.too-long`.
 */
export const tracePassage = (
  example: Example,
  { canvas: { length, fixed = [], spans = {} }, encode, wrong, joined }: TracePassageOptions,
): TracePassage => {
  const canvas = new Array<number>(length).fill(endToken)
  const parts = new Array<"tag" | "trace" | "summary">(length).fill("trace")
  for (const { at, tokens } of fixed)
    for (let i = 0; i < tokens.length; i++) {
      canvas[at + i] = tokens[i]!
      parts[at + i] = "tag"
    }
  const holes = Object.entries(spans).filter(([name]) => name !== summarySpan)
  const texts = example.derivations?.(joined ?? holes.length, wrong, joined !== undefined)
  if (texts === undefined)
    throw new RecipeError({
      code: "recipe.no-derivations",
      message: `The exercise ${example.id} has no derivations.`,
      advice: "Choose tasks that know several ways to an answer, such as @parade/digit-sums.",
    })
  const put = (text: string, name: string): void => {
    const { start, end } = spans[name]!
    const tokens = Array.from(encode(text))
    if (tokens.length > end - start) throw tooLong(`"${text}"`, tokens.length, end - start)
    tokens.forEach((token, i) => (canvas[start + i] = token))
  }
  if (joined === undefined) holes.forEach(([name], i) => put(texts[i]!, name))
  else put(texts.join(""), holes[0]![0])
  put(example.answer, summarySpan)
  const { start, end } = spans[summarySpan]!
  parts.fill("summary", start, end)
  return { prompt: chatPrompt(example.prompt, encode), canvas, parts }
}
