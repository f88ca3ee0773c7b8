import { randomUUID } from "node:crypto"
import { readFile, rename, rm, writeFile } from "node:fs/promises"
import { availableParallelism, loadavg } from "node:os"
import { dirname } from "node:path"
import { makeFolders } from "@parade/graph"
import * as Effect from "effect/Effect"

const HOUR = 3_600_000

/** Whether others use the cores, so that times measured now may not hold. Zero load where the system does not tell. */
export const coresAreBusy = (): boolean => loadavg()[0]! > availableParallelism() / 2

/** Until when a measurement made now holds: an hour where others were using the cores, because they may stop. */
export const validUntil = (busy: boolean): number => Date.now() + (busy ? HOUR : 30 * 24 * HOUR)

/** What a small file of measurements holds; `undefined` where there is none, or it is no JSON. */
export const readKeptJson = (path: string): Effect.Effect<unknown> =>
  Effect.promise(async () => {
    try {
      return JSON.parse(await readFile(path, "utf8")) as unknown
    } catch {
      return undefined
    }
  })

const write = async (path: string, value: unknown): Promise<void> => {
  const temporary = `${path}.${randomUUID()}`
  try {
    makeFolders(dirname(path))
    await writeFile(temporary, `${JSON.stringify(value)}\n`, { flag: "wx" })
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw cause
  }
}

/** Keep a measurement, in one step. Where the disk refuses it, it is made again next time. */
export const writeKeptJson = (path: string, value: unknown): Effect.Effect<void> =>
  Effect.tryPromise(() => write(path, value)).pipe(
    Effect.catch((error) => Effect.logDebug(`A measurement could not be kept: ${String(error.cause)}`)),
  )
