import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { TrainingError } from "./error.ts"

const notReadable = (path: string, cause: unknown): TrainingError => {
  const missing = (cause as { readonly code?: unknown } | undefined)?.code === "ENOENT"
  return new TrainingError({
    code: "training.unreadable-data",
    message: missing
      ? "There is no such file to train on."
      : `The data cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    path,
    advice: "Put text there, or name a file of your own in the recipe's settings.",
    cause,
  })
}

const notText = (path: string, why: string, line?: number): TrainingError =>
  new TrainingError({
    code: "training.not-text",
    message: why,
    path: line === undefined ? path : `${path}:${line}`,
    advice: "Data is UTF-8 text, or JSON Lines with a text in each line.",
  })

const decode = (path: string, bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    throw notText(path, "The file is not UTF-8 text.")
  }
}

/** What a line of JSON says, by its keys. */
export type Line = Readonly<Record<string, unknown>>

const parseLine = (path: string, text: string, line: number): Line => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw notText(path, "The line is not JSON.", line)
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw notText(path, "The line is not a JSON object.", line)
  return value as Line
}

const textOf = (path: string, object: Line, render: (line: Line) => unknown, line: number): string => {
  const text = render(object)
  if (typeof text !== "string")
    throw notText(path, `The line has no text; its keys are ${Object.keys(object).join(", ")}.`, line)
  return text
}

/**
 * The texts of a file: of JSON Lines (`.jsonl`) one a line, by default what is under `text`; of any other the whole
 * file. Fails with `training.unreadable-data`, `training.not-text` (with the line) or `training.no-data`.
 */
export const readTexts = (
  path: string,
  render: (line: Line) => unknown = (line) => line["text"],
): Effect.Effect<readonly string[], TrainingError> =>
  Effect.try({
    try: () => {
      const content = decode(path, readFileSync(path))
      const texts = path.endsWith(".jsonl")
        ? content
            .split("\n")
            .flatMap((text, i) =>
              text.trim() === "" ? [] : [textOf(path, parseLine(path, text, i + 1), render, i + 1)],
            )
        : [content]
      if (texts.every((text) => text === ""))
        throw new TrainingError({
          code: "training.no-data",
          message: "There is no text in the file.",
          advice: "Name one that has some.",
          path,
        })
      return texts
    },
    catch: (cause) => (cause instanceof TrainingError ? cause : notReadable(path, cause)),
  })
