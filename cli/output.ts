import * as Effect from "effect/Effect"
import { makePaint, type Paint, wantsColour } from "./colour.ts"
import { visible, visibleInColours } from "./visible.ts"

const isTerminal = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true

/** Whether a line on a stream can be written over: a terminal that knows no commands prints them. */
export const canRedraw = (stream: NodeJS.WriteStream): boolean =>
  isTerminal(stream) && process.env["TERM"] !== "dumb"

/** Others' text for standard output: in a terminal nothing in it commands the terminal, elsewhere it is as it is. */
export const outText = (text: string): string => (isTerminal(process.stdout) ? visible(text) : text)

/** Others' text for standard error. */
export const noteText = (text: string): string => (isTerminal(process.stderr) ? visible(text) : text)

const shown = (text: string, stream: NodeJS.WriteStream): string =>
  isTerminal(stream) ? visibleInColours(text) : text

/** Writes at once; what cannot be written is told to those who listen to the stream, as Node does it: Deno throws. */
export const writeTo = (stream: NodeJS.WriteStream, text: string | Uint8Array): boolean => {
  try {
    return stream.write(text)
  } catch (cause) {
    stream.emit("error", cause)
    return false
  }
}

/** Writes to standard output, and waits where the reader is slower. */
export const writeOut = (text: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (text === "" || writeTo(process.stdout, shown(text, process.stdout))) return Effect.void
    return Effect.callback<void>((resume) => {
      const done = (): void => resume(Effect.void)
      process.stdout.once("drain", done)
      return Effect.sync(() => process.stdout.off("drain", done))
    })
  })

/** Writes a line for people to standard error, which keeps standard output clean for programs. */
export const writeNote = (text: string): Effect.Effect<void> =>
  Effect.sync(() => void writeTo(process.stderr, `${shown(text, process.stderr)}\n`))

/** How to paint what goes to standard output and to standard error. */
export const outPaint = (): Paint => makePaint(wantsColour(process.stdout, process.env))
export const notePaint = (): Paint => makePaint(wantsColour(process.stderr, process.env))
