import { randomUUID } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { makeFolders } from "@parade/graph"
import * as Effect from "effect/Effect"
import { CommandError } from "../command-error.ts"

/** What stands where a folder is to be written. */
const occupied = (folder: string): CommandError | undefined => {
  if (!existsSync(folder)) return undefined
  const refuse = (message: string): CommandError =>
    new CommandError({
      code: "command.folder-exists",
      path: folder,
      message,
      advice: "Name another folder with --out, or empty this one.",
    })
  if (!statSync(folder).isDirectory()) return refuse("This is a file.")
  return readdirSync(folder).length > 0
    ? refuse("This folder is not empty, and nothing is overwritten.")
    : undefined
}

/** Puts what lies in one folder into another, empty one: all of it or nothing. */
const moveInto = (from: string, to: string): void => {
  const moved: string[] = []
  try {
    for (const entry of readdirSync(from)) {
      renameSync(join(from, entry), join(to, entry))
      moved.push(entry)
    }
  } catch (cause) {
    for (const entry of moved) rmSync(join(to, entry), { recursive: true, force: true })
    throw cause
  }
}

const write = (folder: string, files: ReadonlyMap<string, string>): void => {
  const parent = dirname(folder)
  const made = makeFolders(parent)
  let staged: string | undefined
  try {
    // Beside its place, so that putting it there is a renaming.
    staged = join(parent, `.${basename(folder)}-${randomUUID()}`)
    mkdirSync(staged)
    for (const [path, text] of files) {
      mkdirSync(dirname(join(staged, path)), { recursive: true })
      writeFileSync(join(staged, path), text, { flag: "wx" })
    }
    if (existsSync(folder)) {
      moveInto(staged, folder)
      rmdirSync(staged)
    } else renameSync(staged, folder)
  } catch (cause) {
    if (staged !== undefined) rmSync(staged, { recursive: true, force: true })
    if (made !== undefined) rmSync(made, { recursive: true, force: true })
    throw cause
  }
}

/**
 * Writes a folder of files, all of them or none. Fails with `command.folder-exists` where something stands there, with
 * `command.unwritable-folder` where it cannot be written.
 */
export const writeFolder = (
  folder: string,
  files: ReadonlyMap<string, string>,
): Effect.Effect<void, CommandError> =>
  Effect.suspend(() => {
    const place = resolve(folder)
    try {
      const refused = occupied(place)
      if (refused !== undefined) return Effect.fail(refused)
      write(place, files)
      return Effect.void
    } catch (cause) {
      return Effect.fail(
        new CommandError({
          code: "command.unwritable-folder",
          path: place,
          message: `This folder cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`,
          advice: "Nothing is left of it. Make room, or name another folder with --out.",
          cause,
        }),
      )
    }
  })
