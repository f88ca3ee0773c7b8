/** A place in JSON: object keys and array indices from the root down. */
export type JsonPath = readonly (string | number)[]

const plainKey = /^[A-Za-z_$][\w$-]*$/

/** The path of a member: `$.drafter` and `maxNgram` → `$.drafter.maxNgram`; unusual keys are quoted. */
export const memberPath = (parent: string, key: string | number): string => {
  if (typeof key === "number") return `${parent}[${key}]`
  return plainKey.test(key) ? `${parent}.${key}` : `${parent}[${JSON.stringify(key)}]`
}

/** A path as errors print it: `$.drafter.with.maxNgram`, `$.processors[0]`. */
export const formatPath = (path: JsonPath): string => path.reduce<string>(memberPath, "$")

const part = /\.?([A-Za-z_$][\w$-]*|\d+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y

/**
 * Reads what `formatPath` prints; the leading `$.` may be left out, and an index may follow a dot. `undefined` for
 * anything else.
 */
export const parsePath = (text: string): JsonPath | undefined => {
  const body = text.startsWith("$") ? text.slice(1) : text
  const path: (string | number)[] = []
  part.lastIndex = 0
  while (part.lastIndex < body.length) {
    const match = part.exec(body)
    if (match === null) return undefined
    const [, word, index, quoted] = match
    if (quoted !== undefined) {
      try {
        path.push(JSON.parse(quoted) as string)
      } catch {
        return undefined
      }
    } else if (index !== undefined) path.push(Number(index))
    else path.push(/^\d/.test(word!) ? Number(word) : word!)
  }
  return path.length === 0 ? undefined : path
}
