import { memberPath } from "./json-path.ts"
import type { PipelineIssue } from "./pipeline-error.ts"

/** An object or a list that is open at a place of the text. */
interface Open {
  readonly path: string
  /** The line of each key of an object; `undefined` for a list. */
  readonly keys: Map<string, number> | undefined
  /** The member being read: a key, or an index. */
  member: string | number
}

const token = /[{}[\],:\n]|"(?:[^"\\]|\\.)*"/g

/** Keys that stand twice in an object of a JSON text; `JSON.parse` keeps the last value and says nothing. */
export const duplicateKeys = (text: string): readonly PipelineIssue[] => {
  const issues: PipelineIssue[] = []
  const open: Open[] = []
  let line = 1
  let string = '""'
  for (const [found] of text.matchAll(token)) {
    const inside = open.at(-1)
    if (found === "\n") line++
    else if (found === "{" || found === "[") {
      const path = inside === undefined ? "$" : memberPath(inside.path, inside.member)
      open.push({ path, keys: found === "{" ? new Map() : undefined, member: 0 })
    } else if (found === "}" || found === "]") open.pop()
    else if (found === ",") {
      if (typeof inside?.member === "number") inside.member++
    } else if (found !== ":") string = found
    else if (inside?.keys !== undefined) {
      const key = JSON.parse(string) as string
      const before = inside.keys.get(key)
      inside.keys.set(key, line)
      inside.member = key
      if (before !== undefined)
        issues.push({
          path: memberPath(inside.path, key),
          code: "pipeline.duplicate-key",
          message: `${JSON.stringify(key)} is said twice, in ${before === line ? `line ${line}` : `lines ${before} and ${line}`}.`,
        })
    }
  }
  return issues
}
