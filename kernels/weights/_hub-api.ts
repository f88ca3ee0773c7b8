import { WeightsError } from "@parade/core"
import { type HubSource, isPlainPath } from "./_hub-source.ts"
import type { Watch } from "./_watch.ts"

/** How to reach a hub. */
export interface HubAccess {
  /** Without a slash at the end. */
  readonly endpoint: string
  readonly token: string | undefined
}

/** A file of a repository. */
export interface HubFile {
  readonly name: string
  readonly size: number | undefined
  /** SHA-256 of the content, or git's SHA-1 of it; whichever the hub offers. */
  readonly checksum: { readonly kind: "sha256" | "git-sha1"; readonly value: string } | undefined
}

/** The files of a repository at one commit. */
export interface HubListing {
  readonly commit: string
  readonly files: ReadonlyMap<string, HubFile>
}

export const hubError = (
  code: string,
  path: string,
  message: string,
  advice: string,
  fault: "caller" | "environment",
  cause?: unknown,
): WeightsError => new WeightsError({ code: `weights.${code}`, message, advice, path, fault, cause })

/** `fetch` says only that it failed; why is in its cause. */
const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return cause.message === "fetch failed" && cause.cause instanceof Error && cause.cause.message !== ""
    ? cause.cause.message
    : cause.message
}

/** A download that broke off, or a disk that cannot keep it, as a typed error. */
export const asHubError = (path: string, cause: unknown): WeightsError => {
  if (cause instanceof WeightsError) return cause
  const message = reasonOf(cause)
  const code = (cause as { code?: unknown } | null)?.code
  return ["ENOSPC", "EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(String(code))
    ? hubError(
        "cache-not-writable",
        path,
        `The download cannot be kept: ${message}.`,
        "Make room, or set PARADE_CACHE to another folder.",
        "environment",
        cause,
      )
    : hubError(
        "hub-unreachable",
        path,
        `The hub cannot be reached: ${message}.`,
        "Check the network, or use a model on disk; a download goes on where it broke off.",
        "environment",
        cause,
      )
}

/** What a status that is no success means. `retry` where another attempt may help. */
export const statusError = (
  status: number,
  path: string,
): { readonly error: WeightsError; readonly retry: boolean } => {
  if (status === 401 || status === 403)
    return {
      error: hubError(
        "hub-unauthorised",
        path,
        `The hub refuses access (${status}): the model is private, gated, or does not exist.`,
        "Check the name; accept the model's terms on its page, and set HF_TOKEN to a token that may read it.",
        "caller",
      ),
      retry: false,
    }
  if (status === 404)
    return {
      error: hubError(
        "hub-not-found",
        path,
        "The hub has no such model, revision or file.",
        "Check the spelling of hf:owner/name@revision.",
        "caller",
      ),
      retry: false,
    }
  return {
    error: hubError(
      "hub-failed",
      path,
      `The hub answered with status ${status}.`,
      "Try again later.",
      "environment",
    ),
    retry: status >= 500 || status === 429 || status === 408,
  }
}

/** Headers of every request. */
export const requestHeaders = ({ token }: HubAccess): Record<string, string> => ({
  "user-agent": "parade",
  ...(token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` }),
})

const readFile = (value: unknown): HubFile | undefined => {
  const { rfilename, size, blobId, lfs } = (value ?? {}) as {
    rfilename?: unknown
    size?: unknown
    blobId?: unknown
    lfs?: { sha256?: unknown } | null
  }
  // Names that are not plain paths are never needed, and never touched.
  if (typeof rfilename !== "string" || !isPlainPath(rfilename)) return undefined
  const sha256 = lfs?.sha256
  return {
    name: rfilename,
    size: Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : undefined,
    checksum:
      typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)
        ? { kind: "sha256", value: sha256 }
        : typeof blobId === "string" && /^[0-9a-f]{40}$/.test(blobId)
          ? { kind: "git-sha1", value: blobId }
          : undefined,
  }
}

const longestListing = 64 << 20

/** The text of an answer, as far as it is no longer than any listing is. */
const readListing = async (response: Response, heard: () => void): Promise<string | undefined> => {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    heard()
    text += decoder.decode(chunk, { stream: true })
    if (text.length > longestListing) return undefined
  }
  return text + decoder.decode()
}

/** Asks the hub what a repository holds. Rejects with `WeightsError`; `retry` says whether to ask again. */
export const listFiles = async (
  access: HubAccess,
  source: HubSource,
  { signal, heard }: Watch,
): Promise<HubListing | { readonly error: WeightsError; readonly retry: boolean }> => {
  const path = `hf:${source.repository}@${source.revision}`
  const url = `${access.endpoint}/api/models/${source.repository}/revision/${encodeURIComponent(source.revision)}?blobs=true`
  const response = await fetch(url, { headers: requestHeaders(access), signal })
  heard()
  if (!response.ok) {
    await response.body?.cancel()
    return statusError(response.status, path)
  }
  const text = await readListing(response, heard)
  const odd = (cause?: unknown) => ({
    error: hubError(
      "hub-odd-answer",
      path,
      "The hub's answer is not a listing of files.",
      "Check HF_ENDPOINT.",
      "environment",
      cause,
    ),
    retry: false,
  })
  if (text === undefined) return odd()
  let answer: { sha?: unknown; siblings?: unknown }
  try {
    answer = (JSON.parse(text) ?? {}) as typeof answer
  } catch (cause) {
    return odd(cause)
  }
  // The commit names a folder, so it has to be nothing but digits.
  if (
    typeof answer.sha !== "string" ||
    !/^[0-9a-f]{40,64}$/.test(answer.sha) ||
    !Array.isArray(answer.siblings)
  )
    return odd()
  const files = answer.siblings.map(readFile).filter((file) => file !== undefined)
  return { commit: answer.sha, files: new Map(files.map((file) => [file.name, file])) }
}
