import { type ProgressListener, WeightsError } from "@parade/core"
import { existsSync } from "node:fs"
import { readFile, rename, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { cacheFolder, makeFolders } from "@parade/graph"
import { asHubError, type HubAccess, type HubListing, hubError, listFiles } from "./_hub-api.ts"
import { downloadFile } from "./_hub-download.ts"
import { type HubSource, isPlainPath, parseHubSource } from "./_hub-source.ts"
import { readWeightMap } from "./_weight-map.ts"
import type { HubOptions } from "./hub.ts"
import { makeWatch } from "./_watch.ts"

/** Files beside the weights that are read where they exist. */
const companions = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "chat_template.jinja",
]

const indexName = "model.safetensors.index.json"
const singleName = "model.safetensors"

/** The file of weights to begin with. */
const chooseWeights = ({ files }: HubListing, source: HubSource): string => {
  const path = `hf:${source.repository}`
  if (source.file !== undefined) {
    if (files.has(source.file)) return source.file
    throw hubError(
      "hub-not-found",
      path,
      `The model has no file ${source.file}.`,
      "Look at the files on the model's page.",
      "caller",
    )
  }
  for (const name of [indexName, singleName]) if (files.has(name)) return name
  const ggufs = [...files.keys()].filter((name) => name.endsWith(".gguf"))
  if (ggufs.length === 1) return ggufs[0]!
  throw ggufs.length > 1
    ? hubError(
        "several-files",
        path,
        `The model has several .gguf files: ${ggufs.slice(0, 8).join(", ")}.`,
        `Name one: ${path}/${ggufs[0]}.`,
        "caller",
      )
    : hubError(
        "no-weights",
        path,
        "The model has neither safetensors nor GGUF weights.",
        "Use a conversion of it.",
        "caller",
      )
}

interface Settings extends Required<Omit<HubOptions, "endpoint" | "token">> {
  readonly access: HubAccess
}

/** The address of a hub without a slash at its end. Throws `WeightsError`. */
const endpointOf = ({ endpoint }: HubOptions): string => {
  const address = endpoint ?? (process.env["HF_ENDPOINT"] || "https://huggingface.co")
  if (/^https?:\/\//.test(address) && URL.canParse(address)) return address.replace(/\/+$/, "")
  throw hubError(
    "bad-endpoint",
    address,
    "This is no address of a hub.",
    `Write ${endpoint === undefined ? "HF_ENDPOINT" : "the endpoint"} as https://huggingface.co is written.`,
    "caller",
  )
}

const settingsOf = (options: HubOptions): Settings => ({
  access: {
    endpoint: endpointOf(options),
    token: options.token ?? process.env["HF_TOKEN"],
  },
  cache: options.cache ?? cacheFolder(process.env),
  attempts: options.attempts ?? 6,
  delay: options.delay ?? 500,
  patience: options.patience ?? 30_000,
})

const listing = async (
  { access, attempts, delay, patience }: Settings,
  source: HubSource,
  signal: AbortSignal,
): Promise<HubListing> => {
  const path = `hf:${source.repository}@${source.revision}`
  for (let tried = 1; ; tried++) {
    let failure: { readonly error: WeightsError; readonly retry: boolean }
    const watch = makeWatch(signal, patience)
    try {
      const answer = await listFiles(access, source, watch)
      if (!("error" in answer)) return answer
      failure = answer
    } catch (cause) {
      if (signal.aborted) throw cause
      failure = { error: asHubError(path, cause), retry: true }
    } finally {
      watch.stop()
    }
    if (!failure.retry || tried >= Math.min(attempts, 3)) throw failure.error
    await new Promise((resolve) => setTimeout(resolve, delay))
  }
}

/** What a revision was when all its files had come: a commit and a folder in it. */
interface Remembered {
  readonly commit: string
  readonly folder: string
}

const recall = async (file: string): Promise<Remembered | undefined> => {
  try {
    const { commit, folder } = JSON.parse(await readFile(file, "utf8")) as Partial<Remembered>
    const good = typeof commit === "string" && typeof folder === "string"
    return good && isPlainPath(`${commit}/${folder}`) ? { commit, folder } : undefined
  } catch {
    return undefined
  }
}

const remember = async (file: string, remembered: Remembered): Promise<void> => {
  const unfinished = `${file}.${process.pid}.tmp`
  await writeFile(unfinished, JSON.stringify(remembered))
  await rename(unfinished, file)
}

const bringModel = async (
  source: HubSource,
  options: HubOptions,
  listener: ProgressListener,
  signal: AbortSignal,
): Promise<string> => {
  const settings = settingsOf(options)
  const base = join(settings.cache, "hub", source.repository.replace("/", "--"))
  const path = `hf:${source.repository}@${source.revision}`
  const references = join(base, "refs")
  const reference = join(references, encodeURIComponent(`${source.revision}#${source.file ?? ""}`))
  const remembered = await recall(reference)
  const known = remembered && join(base, remembered.commit, remembered.folder)
  // A commit never changes, so nothing need be asked about one that is here.
  if (known !== undefined && existsSync(known) && remembered?.commit === source.revision) return known
  let list: HubListing
  listener({ task: `Asking the hub for ${source.repository}`, done: 0, total: undefined, unit: "steps" })
  try {
    list = await listing(settings, source, signal)
  } catch (error) {
    const away = error instanceof WeightsError && error.fault === "environment"
    if (away && known !== undefined && existsSync(known)) return known
    throw error
  }
  const weights = chooseWeights(list, source)
  const folder = [indexName, singleName].includes(weights) ? "safetensors" : basename(weights)
  const target = join(base, list.commit, folder)
  const bring = (name: string): Promise<void> => {
    const file = list.files.get(name)
    if (file === undefined)
      throw hubError("hub-not-found", path, `The model lacks its file ${name}.`, "Use another.", "caller")
    return downloadFile(
      {
        ...settings,
        url: `${settings.access.endpoint}/${source.repository}/resolve/${list.commit}/${name}`,
        file,
        target: join(target, basename(name)),
        path: `${path}/${name}`,
        listener,
      },
      signal,
    )
  }
  for (const name of companions) if (list.files.has(name)) await bring(name)
  await bring(weights)
  if (weights === indexName)
    for (const shard of new Set(readWeightMap(join(target, indexName)).values())) await bring(shard)
  makeFolders(references)
  await remember(reference, { commit: list.commit, folder })
  return target
}

/** Brings a model to the cache folder and gives the folder it is in. Rejects with `WeightsError`. */
export const fetchModel = async (
  source: string,
  options: HubOptions,
  listener: ProgressListener,
  signal: AbortSignal,
): Promise<string> => {
  try {
    return await bringModel(parseHubSource(source), options, listener, signal)
  } catch (cause) {
    throw asHubError(source, cause)
  }
}
