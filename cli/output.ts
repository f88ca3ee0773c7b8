import * as Effect from "effect/Effect"
import { makePaint, type Paint, wantsColour } from "./colour.ts"

/** Writes to standard output, and waits where the reader is slower. */
export const writeOut = (text: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (text === "" || process.stdout.write(text)) return Effect.void
    return Effect.callback<void>((resume) => {
      const done = (): void => resume(Effect.void)
      process.stdout.once("drain", done)
      return Effect.sync(() => process.stdout.off("drain", done))
    })
  })

/** Writes a line for people to standard error, which keeps standard output clean for programs. */
export const writeNote = (text: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stderr.write(`${text}\n`))

/** How to paint what goes to standard output and to standard error. */
export const outPaint = (): Paint => makePaint(wantsColour(process.stdout, process.env))
export const notePaint = (): Paint => makePaint(wantsColour(process.stderr, process.env))
