import { RequestError } from "./error.ts"
import type { Model, ModelInfo } from "./model.ts"
import type { CanvasTarget, Request, Target } from "./request.ts"

const invalid = (code: string, path: string, message: string, advice: string): RequestError =>
  new RequestError({ code: `request.${code}`, path, message, advice })

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const isToken = (info: ModelInfo, token: number): boolean => isCount(token) && token < info.vocabularySize

const checkCanvas = (info: ModelInfo, target: CanvasTarget): RequestError | undefined => {
  const { length, fixed = [], spans = {}, answer } = target
  if (!isCount(length))
    return invalid(
      "canvas-length",
      "target.length",
      `A canvas cannot have ${length} positions.`,
      "Ask for a whole number of them.",
    )
  let end = 0
  let given = 0
  for (const [i, { at, tokens }] of fixed.entries()) {
    const path = `target.fixed[${i}]`
    if (!isCount(at) || at < end || at + tokens.length > length)
      return invalid(
        "fixed-out-of-place",
        path,
        `${tokens.length} fixed tokens cannot stand at ${at} of a canvas of ${length}.`,
        "Fixed tokens come in order, do not overlap and lie within the canvas.",
      )
    for (let j = 0; j < tokens.length; j++)
      if (!isToken(info, tokens[j]!))
        return invalid(
          "unknown-token",
          `${path}.tokens[${j}]`,
          `There is no token ${tokens[j]}.`,
          `Use ids from 0 to ${info.vocabularySize - 1}.`,
        )
    end = at + tokens.length
    given += tokens.length
  }
  for (const [name, span] of Object.entries(spans))
    if (!isCount(span.start) || !isCount(span.end) || span.start > span.end || span.end > length)
      return invalid(
        "span-out-of-place",
        `target.spans.${name}`,
        `There is no span from ${span.start} to ${span.end} in a canvas of ${length}.`,
        "A span begins and ends within the canvas, and does not end before it begins.",
      )
  if (answer !== undefined && !Object.hasOwn(spans, answer))
    return invalid(
      "no-such-span",
      "target.answer",
      `There is no span ${JSON.stringify(answer)}.`,
      Object.keys(spans).length === 0
        ? "Name it in target.spans, or leave the answer out: it is the whole canvas then."
        : `There are: ${Object.keys(spans).join(", ")}.`,
    )
  if (given === length)
    return invalid(
      "no-holes",
      "target",
      "Nothing of the canvas is left to fill.",
      "Leave some positions unfixed.",
    )
  return undefined
}

/** What is wrong with a request beside its prompt, if anything. */
export const checkRequest = ({ info, tokenizer }: Model, request: Request): RequestError | undefined => {
  const { seed, stop = {}, target } = request
  if (target.kind === "continuation") {
    if (!isCount(target.maxTokens))
      return invalid(
        "max-tokens",
        "target.maxTokens",
        `A text cannot have ${target.maxTokens} tokens.`,
        "Ask for a whole number of them.",
      )
  } else if (target.kind === "canvas") {
    const problem = checkCanvas(info, target)
    if (problem !== undefined) return problem
  } else
    return invalid(
      "unknown-target",
      "target.kind",
      `There is no target of the kind ${String((target as Target).kind)}.`,
      "There are: continuation, canvas.",
    )
  if (!isCount(seed))
    return invalid(
      "seed",
      "seed",
      `A seed is an integer from 0 to ${Number.MAX_SAFE_INTEGER}, not ${seed}.`,
      "Any of them does; the same one gives the same text.",
    )
  for (const [i, token] of (stop.tokens ?? []).entries())
    if (!isToken(info, token))
      return invalid(
        "unknown-token",
        `stop.tokens[${i}]`,
        `There is no token ${token}.`,
        `Use ids from 0 to ${info.vocabularySize - 1}.`,
      )
  for (const [i, text] of (stop.strings ?? []).entries())
    if (text === "")
      return invalid(
        "empty-stop-string",
        `stop.strings[${i}]`,
        "A stop string is empty.",
        "Leave it out: every text has it from the beginning.",
      )
  if (tokenizer === undefined && (stop.strings ?? []).length > 0)
    return invalid(
      "no-tokenizer",
      "stop.strings",
      "Stop strings need a model with a tokenizer.",
      "Name stop tokens (stop.tokens) instead.",
    )
  return undefined
}
