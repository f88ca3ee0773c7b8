import { ModelError } from "@parade/core"

/** Reads the values of a `config.json` with checks; every failure names the key, what was expected and what stood there. */
export interface ConfigReader {
  readonly has: (key: string) => boolean
  readonly integer: (key: string, fallback?: number, least?: number) => number
  readonly number: (key: string, fallback?: number, most?: number) => number
  readonly boolean: (key: string, fallback: boolean) => boolean
  readonly string: (key: string, fallback?: string) => string
  readonly strings: (key: string) => readonly string[] | undefined
  readonly object: (key: string) => ConfigReader | undefined
  /** One token or a list of them, each in the vocabulary; none where the key is not set. */
  readonly tokens: (key: string, vocabulary: number) => readonly number[]
  readonly fail: (key: string, message: string, advice?: string) => ModelError
}

/** Far above any model there is, far below what would be unsafe to multiply. */
const LARGEST = 1 << 28

/** Beyond these, 32-bit floats overflow in what is computed from a number. */
const SMALLEST_NUMBER = 1e-12
const LARGEST_NUMBER = 1e12

const show = (value: unknown): string =>
  value === undefined ? "missing" : (JSON.stringify(value) ?? String(value)).slice(0, 60)

/** Present and not `null`: configs write `null` for "not set". */
const present = (value: unknown): boolean => value !== undefined && value !== null

/** A reader over a parsed config; `path` names it in failures. */
export const configReader = (config: Readonly<Record<string, unknown>>, path: string): ConfigReader => {
  const fail = (key: string, message: string, advice?: string): ModelError =>
    new ModelError({ code: "model.bad-config", message, advice, path: `${path}: ${key}` })
  const expected = (key: string, what: string): ModelError =>
    fail(
      key,
      `Expected ${what}, found ${show(config[key])}.`,
      "The checkpoint's config is damaged or incomplete.",
    )
  const value = (key: string): unknown =>
    Object.hasOwn(config, key) && present(config[key]) ? config[key] : undefined

  return {
    fail,
    has: (key) => value(key) !== undefined,
    integer: (key, fallback, least = 1) => {
      const found = value(key) ?? fallback
      if (!Number.isInteger(found) || (found as number) < least || (found as number) > LARGEST)
        throw expected(key, `an integer from ${least} to ${LARGEST}`)
      return found as number
    },
    number: (key, fallback, most = LARGEST_NUMBER) => {
      const found = value(key) ?? fallback
      if (typeof found !== "number" || !(found >= SMALLEST_NUMBER && found <= most))
        throw expected(key, `a number from ${SMALLEST_NUMBER} to ${most}`)
      return found
    },
    boolean: (key, fallback) => {
      const found = value(key) ?? fallback
      if (typeof found !== "boolean") throw expected(key, "true or false")
      return found
    },
    string: (key, fallback) => {
      const found = value(key) ?? fallback
      if (typeof found !== "string") throw expected(key, "a string")
      return found
    },
    strings: (key) => {
      const found = value(key)
      if (found === undefined) return undefined
      if (!Array.isArray(found) || !found.every((item) => typeof item === "string"))
        throw expected(key, "a list of strings")
      return found
    },
    tokens: (key, vocabulary) => {
      const found = value(key)
      const ids: readonly unknown[] = found === undefined ? [] : Array.isArray(found) ? found : [found]
      const wrong = ids.some(
        (id) => !Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabulary,
      )
      if (wrong) throw expected(key, `tokens from 0 to ${vocabulary - 1}, the last of the vocabulary`)
      return ids as readonly number[]
    },
    object: (key) => {
      const found = value(key)
      if (found === undefined) return undefined
      if (typeof found !== "object" || Array.isArray(found)) throw expected(key, "an object")
      return configReader(found as Record<string, unknown>, `${path}: ${key}`)
    },
  }
}
