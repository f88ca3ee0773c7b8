import { createReadStream } from "node:fs"
import * as Effect from "effect/Effect"
import { CommandError } from "./command-error.ts"
import { nearbyFile } from "./nearby-file.ts"

/** No pipeline and no prompt is longer. */
const mostBytes = 64 << 20

const tooLong = (path: string): CommandError =>
  new CommandError({
    code: "command.text-too-long",
    path,
    message: `This is longer than ${mostBytes >> 20} MB.`,
    advice: "Give the text that is meant, or a part of it.",
  })

const notText = (path: string, cause: unknown): CommandError =>
  new CommandError({
    code: "command.not-text",
    path,
    message: "This is not text in UTF-8.",
    advice: "Save it as UTF-8.",
    cause,
  })

/** All of a stream as text, without the byte order mark that editors may add; never more than a text can be. */
const textOf = async (path: string, stream: AsyncIterable<unknown>): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += (chunk as Buffer).length
    if (size > mostBytes) throw tooLong(path)
    chunks.push(chunk as Buffer)
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw notText(path, cause)
  }
}

const unreadable = (path: string, cause: unknown): CommandError => {
  if (cause instanceof CommandError) return cause
  const { code } = cause as NodeJS.ErrnoException
  const missing = code === "ENOENT"
  const meant = missing ? nearbyFile(path) : undefined
  return new CommandError({
    code: missing ? "command.missing-file" : "command.unreadable-file",
    path,
    message: missing ? "There is no such file." : `This cannot be read as a file (${code ?? String(cause)}).`,
    advice: meant === undefined ? undefined : `Did you mean ${JSON.stringify(meant)}?`,
    cause,
  })
}

const readAll = (path: string, open: () => AsyncIterable<unknown>): Effect.Effect<string, CommandError> =>
  Effect.tryPromise({ try: () => textOf(path, open()), catch: (cause) => unreadable(path, cause) })

/** A text file named on the command line. */
export const readText = (path: string): Effect.Effect<string, CommandError> =>
  readAll(path, () => createReadStream(path))

/** All of standard input as text. */
export const readStandardInput: Effect.Effect<string, CommandError> = readAll(
  "standard input",
  () => process.stdin,
)
