import { WeightsError, type StreamDecoder } from "@parade/core"
import { tokenBytes } from "./_byte-alphabet.ts"
import type { JsonRecord } from "./_json-file.ts"

/** Turns tokens, one after another, into text. */
export type TextMaker = () => {
  readonly push: (token: string) => string
  readonly flush: () => string
}

/** Tokens as bytes: incomplete characters wait for their rest, invalid ones become U+FFFD. */
const byteLevel: TextMaker = () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  return {
    push: (token) => decoder.decode(tokenBytes(token), { stream: true }),
    flush: () => decoder.decode(),
  }
}

const byteOf = (token: string): number | undefined => {
  const digits = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}

/** A run of byte tokens is text if all of it is valid, else one U+FFFD a byte: so it waits for its end. */
const runText = (bytes: readonly number[]): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return "\ufffd".repeat(bytes.length)
  }
}

interface Steps {
  readonly replacements: readonly (readonly [from: string, to: string])[]
  readonly byteFallback: boolean
  /** Spaces to take off the start of the whole text. */
  readonly strip: number
}

/** Pieces of text with a mark for the space, and tokens for single bytes: SentencePiece. */
const pieces =
  ({ replacements, byteFallback, strip }: Steps): TextMaker =>
  () => {
    let run: number[] = []
    let left = strip
    const release = (text: string): string => {
      let from = 0
      while (left > 0 && text[from] === " ") {
        from++
        left--
      }
      if (from < text.length) left = 0
      return text.slice(from)
    }
    const endRun = (): string => {
      if (run.length === 0) return ""
      const text = runText(run)
      run = []
      return release(text)
    }
    return {
      push: (token) => {
        const byte = byteFallback ? byteOf(token) : undefined
        if (byte !== undefined) {
          run.push(byte)
          return ""
        }
        let text = token
        for (const [from, to] of replacements) text = text.replaceAll(from, to)
        const before = endRun()
        return before + release(text)
      },
      flush: endRun,
    }
  }

const refuse = (path: string, what: string): WeightsError =>
  new WeightsError({
    code: "weights.unsupported-tokenizer",
    message: `The tokenizer's decoder ${what} is not supported.`,
    advice: "Supported are ByteLevel, Metaspace, and sequences of Replace, ByteFallback, Fuse and Strip.",
    path,
  })

/** The text that a `Replace` looks for. */
const replaced = (step: JsonRecord, path: string): readonly [from: string, to: string] => {
  const from = (step["pattern"] as JsonRecord | undefined)?.["String"]
  if (typeof from !== "string" || from === "") throw refuse(path, "with a pattern to replace")
  return [from, String(step["content"] ?? "")]
}

/** How a tokenizer's tokens become text. Throws `WeightsError` for decoders that are not known. */
export const textMaker = (decoder: JsonRecord | null | undefined, path: string): TextMaker => {
  const list =
    decoder?.["type"] === "Sequence"
      ? (decoder["decoders"] as readonly JsonRecord[])
      : decoder
        ? [decoder]
        : []
  if (list.length === 1 && list[0]!["type"] === "ByteLevel") return byteLevel
  if (list.length === 0) throw refuse(path, "(none)")
  const replacements: (readonly [from: string, to: string])[] = []
  let byteFallback = false
  let strip = 0
  for (const step of list)
    switch (step["type"]) {
      case "Replace":
        replacements.push(replaced(step, path))
        break
      case "ByteFallback":
        byteFallback = true
        break
      case "Fuse":
        break
      case "Strip":
        if (step["content"] !== " " || (step["stop"] ?? 0) !== 0) throw refuse(path, "that strips ends")
        strip = Number(step["start"] ?? 0)
        break
      case "Metaspace":
        replacements.push([String(step["replacement"] ?? "▁"), " "])
        strip = step["prepend_scheme"] === "never" || step["add_prefix_space"] === false ? 0 : 1
        break
      default:
        throw refuse(path, JSON.stringify(step["type"]))
    }
  return pieces({ replacements, byteFallback, strip })
}

/** A stream decoder over tokens by id; ids that `skip` has, or that have no token, give nothing. */
export const streamOf = (
  make: TextMaker,
  tokens: readonly (string | undefined)[],
  skip: ReadonlySet<number>,
): StreamDecoder => {
  const text = make()
  return {
    push: (ids) => {
      let out = ""
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!
        const token = skip.has(id) ? undefined : tokens[id]
        if (token !== undefined) out += text.push(token)
      }
      return out
    },
    flush: text.flush,
  }
}
