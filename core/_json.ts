import { memberPath } from "./json-path.ts"
import type { PipelineIssue } from "./pipeline-error.ts"

/** Objects and arrays may nest this deep in a pipeline. */
export const maxDepth = 64

/** A JSON object, or an object like one. */
export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** What a value is, for people: `a list`, `the number 3`, `"auto"`. */
export const describeValue = (value: unknown): string => {
  if (Array.isArray(value)) return "a list"
  if (value === null || value === undefined || typeof value === "boolean") return String(value)
  if (typeof value === "number") return `the number ${value}`
  if (typeof value === "string")
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value)
  return typeof value === "object" ? "an object" : `a ${typeof value}`
}

/** The mistake of nesting too deep. */
export const tooDeep = (path: string): PipelineIssue => ({
  path,
  code: "pipeline.too-deep",
  message: `Objects and lists nest deeper than ${maxDepth} here.`,
  expected: `at most ${maxDepth} levels`,
})

const collect = (value: unknown, path: string, depth: number, issues: PipelineIssue[]): void => {
  if (Array.isArray(value) || isJsonObject(value)) {
    if (depth >= maxDepth) {
      issues.push(tooDeep(path))
      return
    }
    if (Array.isArray(value)) {
      value.forEach((item, index) => collect(item, memberPath(path, index), depth + 1, issues))
      return
    }
    for (const key of Object.keys(value)) {
      const place = memberPath(path, key)
      if (key === "__proto__")
        issues.push({ path: place, code: "pipeline.reserved-name", message: `"__proto__" cannot be a name.` })
      else if (value[key] !== undefined) collect(value[key], place, depth + 1, issues)
    }
    return
  }
  const plain =
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  if (!plain)
    issues.push({
      path,
      code: "pipeline.not-json",
      message: `JSON cannot say ${typeof value === "number" ? String(value) : `a ${typeof value}`}.`,
      expected: "a JSON value",
    })
}

/** What keeps a value from being (a part of) a pipeline as plain JSON: depth, forbidden names, values JSON does not have. */
export const jsonIssues = (value: unknown, path = "$"): readonly PipelineIssue[] => {
  const issues: PipelineIssue[] = []
  collect(value, path, 0, issues)
  return issues
}
