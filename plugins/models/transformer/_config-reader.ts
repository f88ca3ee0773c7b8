import { ModelError } from "@parade/core"

/** Reads the values of a `config.json` with checks; every failure names the key, what was expected and what stood there. */
export interface ConfigReader {
  readonly has: (key: string) => boolean
  readonly integer: (key: string, fallback?: number, least?: number) => number
  readonly number: (key: string, fallback?: number) => number
  readonly boolean: (key: string, fallback: boolean) => boolean
  readonly string: (key: string, fallback?: string) => string
  readonly strings: (key: string) => readonly string[] | undefined
  readonly object: (key: string) => ConfigReader | undefined
  readonly fail: (key: string, message: string, advice?: string) => ModelError
}

/** Far above any model there is, far below what would be unsafe to multiply. */
const LARGEST = 1 << 28

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
    number: (key, fallback) => {
      const found = value(key) ?? fallback
      if (typeof found !== "number" || !Number.isFinite(found) || found <= 0)
        throw expected(key, "a positive number")
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
    object: (key) => {
      const found = value(key)
      if (found === undefined) return undefined
      if (typeof found !== "object" || Array.isArray(found)) throw expected(key, "an object")
      return configReader(found as Record<string, unknown>, `${path}: ${key}`)
    },
  }
}
