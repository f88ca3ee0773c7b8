import { RequestError } from "./error.ts"
import type { ModelInfo } from "./model.ts"
import type { PromptPart } from "./request.ts"
import type { Rows } from "./rows.ts"

const partRows = (part: PromptPart): number => ("tokens" in part ? part.tokens.length : part.rows)

const invalid = (code: string, message: string, advice: string): RequestError =>
  new RequestError({ code: `request.${code}`, message, advice, path: "prompt" })

/** What is wrong with a prompt, if anything; checked before anything is allocated. */
export const checkPrompt = (info: ModelInfo, prompt: readonly PromptPart[]): RequestError | undefined => {
  let total = 0
  for (const part of prompt) {
    const rows = partRows(part)
    if (!Number.isSafeInteger(rows) || rows < 0)
      return invalid(
        "malformed-prompt",
        `A part of the prompt has ${rows} rows.`,
        "Say how many vectors there are.",
      )
    if (!("tokens" in part) && part.vectors.length !== rows * info.width)
      return invalid(
        "malformed-prompt",
        `${rows} vectors of ${info.width} floats are ${rows * info.width}, not ${part.vectors.length}.`,
        "Give whole vectors of the model's width, one behind the other.",
      )
    total += rows
  }
  if (total === 0)
    return invalid(
      "empty-prompt",
      "The prompt has no tokens.",
      "Give it at least one, such as the beginning of text.",
    )
  if (total > info.contextLength)
    return invalid(
      "prompt-too-long",
      `The prompt has ${total} tokens; the model's context holds ${info.contextLength}.`,
      "Shorten the prompt.",
    )
  for (const part of prompt)
    if ("tokens" in part)
      for (let i = 0; i < part.tokens.length; i++) {
        const token = part.tokens[i]!
        if (!Number.isInteger(token) || token < 0 || token >= info.vocabularySize)
          return invalid(
            "unknown-token",
            `There is no token ${token}.`,
            `Use ids from 0 to ${info.vocabularySize - 1}.`,
          )
      }
  return undefined
}

/** The rows of a whole prompt, at positions from 0. */
export const promptRows = (info: ModelInfo, prompt: readonly PromptPart[]): Required<Rows> => {
  const count = prompt.reduce((sum, part) => sum + partRows(part), 0)
  const vectors = prompt.reduce((sum, part) => sum + ("tokens" in part ? 0 : part.vectors.length), 0)
  const rows = {
    tokens: new Int32Array(count).fill(-1),
    vectors: new Float32Array(vectors),
    positions: new Int32Array(count * info.positionAxes),
    labels: new Int32Array(count),
  }
  let at = 0
  let vectorsAt = 0
  for (const part of prompt) {
    const length = partRows(part)
    if (part.label !== undefined) rows.labels.fill(part.label, at, at + length)
    if ("tokens" in part) rows.tokens.set(part.tokens, at)
    else {
      rows.vectors.set(part.vectors, vectorsAt)
      vectorsAt += part.vectors.length
    }
    at += length
  }
  for (let i = 0; i < rows.positions.length; i++) rows.positions[i] = Math.floor(i / info.positionAxes)
  return rows
}

/** Cuts rows into pieces of at most `size`, in order, from row `start`, before which there are tokens only. */
export const chunks = function* (
  info: ModelInfo,
  rows: Required<Rows>,
  size: number,
  start = 0,
): Generator<Rows> {
  const { positionAxes: axes, width } = info
  let vectorsFrom = 0
  for (let from = start; from < rows.tokens.length; from += size) {
    const to = Math.min(rows.tokens.length, from + size)
    const tokens = rows.tokens.subarray(from, to)
    let vectorRows = 0
    for (const token of tokens) if (token === -1) vectorRows++
    const vectorsTo = vectorsFrom + vectorRows * width
    yield {
      tokens,
      positions: rows.positions.subarray(from * axes, to * axes),
      labels: rows.labels.subarray(from, to),
      ...(vectorRows === 0 ? {} : { vectors: rows.vectors.subarray(vectorsFrom, vectorsTo) }),
    }
    vectorsFrom = vectorsTo
  }
}
