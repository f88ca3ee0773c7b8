import type { ProgressListener, WeightsError } from "@parade/core"
import { makeFolders } from "@parade/graph"
import { createHash } from "node:crypto"
import { createReadStream, existsSync } from "node:fs"
import { open, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { pipeline } from "node:stream/promises"
import {
  asHubError,
  type HubAccess,
  type HubFile,
  hubError,
  requestHeaders,
  statusError,
} from "./_hub-api.ts"
import { makeWatch } from "./_watch.ts"

export interface Download {
  readonly access: HubAccess
  readonly url: string
  readonly file: HubFile
  /** Where the file shall be. */
  readonly target: string
  /** For messages. */
  readonly path: string
  /** Attempts before giving up; each goes on where the one before broke off. */
  readonly attempts: number
  /** Milliseconds before the second attempt; doubled for each further one. */
  readonly delay: number
  /** Milliseconds without a byte after which an attempt is given up. */
  readonly patience: number
  readonly listener: ProgressListener
}

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}

/** Whether the content is what the hub says; `true` where it says nothing. */
const matches = async (path: string, { checksum, size }: HubFile): Promise<boolean> => {
  const found = await sizeOf(path)
  if (size !== undefined && found !== size) return false
  if (checksum === undefined) return true
  const hash = createHash(checksum.kind === "sha256" ? "sha256" : "sha1")
  if (checksum.kind === "git-sha1") hash.update(`blob ${found}\0`)
  await pipeline(createReadStream(path), hash)
  return hash.digest("hex") === checksum.value
}

/** Where the bytes of an answer begin: where asked for, or at 0 if the server sends all of it. */
const startOf = (response: Response, asked: number): number | undefined => {
  if (response.status === 200) return 0
  if (response.status !== 206) return undefined
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1]
  return start !== undefined && Number(start) === asked ? asked : undefined
}

type Outcome = "whole" | { readonly error: WeightsError; readonly retry: boolean }

/** One request: appends to the part what is missing of it. */
const attempt = async (download: Download, part: string, signal: AbortSignal): Promise<Outcome> => {
  const { access, url, file, path, listener } = download
  const have = await sizeOf(part)
  if (file.size !== undefined && have === file.size) return "whole"
  const watch = makeWatch(signal, download.patience)
  try {
    const headers = requestHeaders(access)
    if (have > 0) headers["range"] = `bytes=${have}-`
    const response = await fetch(url, { headers, signal: watch.signal })
    const start = startOf(response, have)
    if (start === undefined || response.body === null) {
      await response.body?.cancel()
      // A range that cannot be had: what is there does not belong to this file.
      if (response.status === 416 || response.status === 206) {
        await rm(part, { force: true })
        return { error: asHubError(path, new Error("the range was refused")), retry: true }
      }
      return statusError(response.status, path)
    }
    const handle = await open(part, start === 0 ? "w" : "r+")
    try {
      let at = start
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        watch.heard()
        if (file.size !== undefined && at + chunk.length > file.size)
          return { error: mismatch(path), retry: false }
        await handle.write(chunk, 0, chunk.length, at)
        at += chunk.length
        listener({ task: `Downloading ${file.name}`, done: at, total: file.size, unit: "bytes" })
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (file.size !== undefined && (await sizeOf(part)) < file.size)
      return { error: asHubError(path, new Error("the connection ended early")), retry: true }
    return "whole"
  } catch (cause) {
    if (signal.aborted) throw cause
    const error = asHubError(path, cause)
    return { error, retry: error.code === "weights.hub-unreachable" }
  } finally {
    watch.stop()
  }
}

const mismatch = (path: string): WeightsError =>
  hubError(
    "checksum-mismatch",
    path,
    "What was downloaded is not what the hub says it should be.",
    "It has been deleted; try again.",
    "environment",
  )

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      },
      { once: true },
    )
  })

/**
 * Brings a file to its place. It appears whole and checked, or not at all: bytes go to a file of another name, which
 * outlives failures and interruption so that the next attempt goes on from there.
 */
export const downloadFile = async (download: Download, signal: AbortSignal): Promise<void> => {
  const { target, file, path } = download
  if (existsSync(target)) return
  makeFolders(dirname(target))
  // The name holds what the content must be, so that parts of different contents never meet.
  const part = `${target}.${file.checksum?.value.slice(0, 16) ?? "unchecked"}.part`
  for (let tried = 1; ; tried++) {
    const outcome = await attempt(download, part, signal)
    if (outcome === "whole") break
    if (outcome.error.code === "weights.checksum-mismatch") await rm(part, { force: true })
    if (!outcome.retry || tried >= download.attempts) throw outcome.error
    await pause(download.delay * 2 ** (tried - 1), signal)
  }
  download.listener({ task: `Checking ${file.name}`, done: 0, total: undefined, unit: "steps" })
  if (!(await matches(part, file))) {
    await rm(part, { force: true })
    throw mismatch(path)
  }
  try {
    await rename(part, target)
  } catch (cause) {
    // Another process may have finished the same file meanwhile.
    if (!existsSync(target)) throw cause
  }
}
