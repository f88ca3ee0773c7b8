import * as Logger from "effect/Logger"
import { notePaint, noteText } from "./output.ts"

/** Tells what is logged as a note, one line on standard error: standard output is for the answer alone. */
export const noteLogger: Logger.Logger<unknown, void> = Logger.make(({ message }) => {
  const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
  process.stderr.write(`${notePaint().dim("parade:")} ${noteText(text)}\n`)
})
