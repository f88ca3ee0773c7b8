import { WeightsError } from "@parade/core"
import { existsSync } from "node:fs"
import { openFile } from "./_file.ts"

export type JsonRecord = Readonly<Record<string, unknown>>

/** Files of JSON beside weights are small, but for tokenizers. */
const largest = 256 << 20

/** Objects and lists in one another. */
const mostLevels = 64

/** A text file, its size checked before it is read, without the byte order mark that editors may add. Throws `WeightsError`. */
export const readText = (path: string): string => {
  const file = openFile(path)
  try {
    if (file.size > largest)
      throw new WeightsError({
        code: "weights.file-too-large",
        message: `The file is larger than ${largest >> 20} MB.`,
        advice: "This is not what its name says; download it again.",
        path,
      })
    return Buffer.from(file.read(0, file.size).buffer)
      .toString("utf8")
      .replace(/^\uFEFF/, "")
  } finally {
    file.close()
  }
}

/** Whether objects and lists nest deeper than the files of a model do: who walks through them uses the stack. */
const nestsDeeper = (value: unknown, levels: number): boolean => {
  if (typeof value !== "object" || value === null) return false
  if (levels === 0) return true
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  return members.some((member) => typeof member === "object" && nestsDeeper(member, levels - 1))
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
  if (nestsDeeper(value, mostLevels))
    throw new WeightsError({
      code: "weights.bad-json",
      message: `Objects and lists nest deeper than ${mostLevels}.`,
      advice: "Download it again.",
      path,
    })
  return value as JsonRecord
}

/** The object a file of JSON holds. Throws `WeightsError`. */
export const readJsonObject = (path: string): JsonRecord => parseJsonObject(path, readText(path))

/** As {@link readJsonObject}; `undefined` where there is no such file. */
export const readOptionalJson = (path: string): JsonRecord | undefined =>
  existsSync(path) ? readJsonObject(path) : undefined
