import { WeightsError } from "@parade/core"
import { existsSync, readFileSync, statSync } from "node:fs"
import { fileError } from "./_file.ts"

export type JsonRecord = Readonly<Record<string, unknown>>

/** Files of JSON beside weights are small, but for tokenizers. */
const largest = 256 << 20

/** A text file, its size checked before it is read, without the byte order mark that editors may add. Throws `WeightsError`. */
export const readText = (path: string): string => {
  try {
    if (statSync(path).size > largest)
      throw new WeightsError({
        code: "weights.file-too-large",
        message: `The file is larger than ${largest >> 20} MB.`,
        advice: "This is not what its name says; download it again.",
        path,
      })
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "")
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** The object a text of JSON holds. Throws `WeightsError`. */
export const parseJsonObject = (path: string, text: string): JsonRecord => {
  let value: unknown
  let cause: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    cause = error
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new WeightsError({
      code: "weights.bad-json",
      message:
        cause instanceof Error
          ? `The file is not JSON: ${cause.message}.`
          : "The file does not hold a JSON object.",
      advice: "Download it again.",
      path,
      cause,
    })
  return value as JsonRecord
}

/** The object a file of JSON holds. Throws `WeightsError`. */
export const readJsonObject = (path: string): JsonRecord => parseJsonObject(path, readText(path))

/** As {@link readJsonObject}; `undefined` where there is no such file. */
export const readOptionalJson = (path: string): JsonRecord | undefined =>
  existsSync(path) ? readJsonObject(path) : undefined
