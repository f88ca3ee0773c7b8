import { createHash, randomUUID } from "node:crypto"
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { cacheFolder, makeFolders } from "@parade/graph"
import type { ScannedTokenizer } from "./_scan-vocabulary.ts"

/** A vocabulary and merges, as lists that are made when they are first wanted. */
export interface KeptTokenizer {
  readonly rest: string
  readonly tokens: readonly string[]
  readonly merges: () => readonly string[]
}

/** Raise it when the same file would be kept otherwise. */
const FORMAT = "parade-vocabulary-1"

/** Files below this length are read as they are: there is nothing to save. */
const leastLength = 1 << 18

/** How the three texts follow one another behind the first line. */
interface Header {
  readonly format: string
  readonly bytes: number
  readonly rest: number
  readonly tokens: number
}

/** The place of what was read of a file before, as long as the file stays what it is; nothing for small ones. */
const placeOf = (path: string): string | undefined => {
  const { size, mtimeMs } = statSync(path)
  if (size < leastLength) return undefined
  const hash = createHash("sha256").update(`${FORMAT}\n${realpathSync(path)}\n${size}\n${mtimeMs}`)
  return join(cacheFolder(), "vocabularies", `${hash.digest("hex").slice(0, 32)}.txt`)
}

const headerOf = (line: string): Header | undefined => {
  const value = JSON.parse(line) as Partial<Header> | null
  const numbers = [value?.bytes, value?.rest, value?.tokens]
  return value?.format === FORMAT && numbers.every((n) => Number.isInteger(n) && n! >= 0)
    ? (value as Header)
    : undefined
}

/** What was kept of a `tokenizer.json`: split into lines by the runtime, which takes a tenth of the time of reading JSON. */
export const readKeptVocabulary = (path: string): KeptTokenizer | undefined => {
  try {
    const place = placeOf(path)
    if (place === undefined) return undefined
    const bytes = readFileSync(place)
    const end = bytes.indexOf("\n")
    const header = headerOf(bytes.toString("utf8", 0, end))
    if (header?.bytes !== bytes.length - end - 1) return undefined
    const text = bytes.toString("utf8", end + 1)
    const tokensEnd = header.rest + header.tokens
    let merges: readonly string[] | undefined
    return {
      rest: text.slice(0, header.rest),
      tokens: text.slice(header.rest, tokensEnd).split("\n"),
      merges: () => (merges ??= tokensEnd === text.length ? [] : text.slice(tokensEnd).split("\n")),
    }
  } catch {
    return undefined
  }
}

/** The texts in one, where lines can hold them: without holes, line breaks and halves of characters. */
const textOf = ({ rest, tokens, merges }: ScannedTokenizer): string | undefined => {
  for (const token of tokens) if (token === undefined || token.includes("\n")) return undefined
  if (merges.some((merge) => merge.includes("\n"))) return undefined
  const [names, pairs] = [tokens.join("\n"), merges.join("\n")]
  const body = `${rest}${names}${pairs}`
  const bytes = Buffer.byteLength(body)
  if (tokens.length === 0 || Buffer.from(body).toString() !== body) return undefined
  const header: Header = { format: FORMAT, bytes, rest: rest.length, tokens: names.length }
  return `${JSON.stringify(header)}\n${body}`
}

/** Keeps what was read of a `tokenizer.json`, in one step; where the disk refuses it, the file is read again next time. */
export const keepVocabulary = (path: string, scanned: ScannedTokenizer): void => {
  let temporary: string | undefined
  try {
    const place = placeOf(path)
    const text = place === undefined ? undefined : textOf(scanned)
    if (place === undefined || text === undefined) return
    temporary = `${place}.${randomUUID()}`
    makeFolders(dirname(place))
    writeFileSync(temporary, text, { flag: "wx" })
    renameSync(temporary, place)
  } catch {
    if (temporary !== undefined) rmSync(temporary, { force: true })
  }
}
