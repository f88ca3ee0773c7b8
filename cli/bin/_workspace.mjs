import { createHash, randomUUID } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const recordOf = (cache) => join(cache, "bundle.json")

const age = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const fresh = (cache) => {
  const record = recordOf(cache)
  if (!existsSync(record)) return undefined
  const { folder, ages } = JSON.parse(readFileSync(record, "utf8"))
  // The record of a copied checkout tells of the one it was copied from.
  if (dirname(folder) !== cache || !existsSync(folder)) return undefined
  return Object.entries(ages).every(([path, then]) => age(path) === then) ? folder : undefined
}

/** Bundles of yesterday and before; one of today may still be read by a process. */
const removeOld = (cache) => {
  const day = 24 * 60 * 60 * 1000
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    if (path !== recordOf(cache) && Date.now() - age(path) > day)
      rmSync(path, { recursive: true, force: true })
  }
}

const build = async (cache) => {
  const { bundle } = await import("./_bundle.mjs")
  const work = join(cache, randomUUID())
  mkdirSync(work, { recursive: true })
  const inputs = [...(await bundle(work)), join(root, "package-lock.json"), fileURLToPath(import.meta.url)]
  const ages = Object.fromEntries(inputs.map((path) => [path, age(path)]))
  const folder = join(cache, createHash("sha256").update(JSON.stringify(ages)).digest("hex").slice(0, 16))
  if (existsSync(folder)) rmSync(work, { recursive: true })
  else renameSync(work, folder)
  writeFileSync(`${folder}.json`, JSON.stringify({ folder, ages }))
  renameSync(`${folder}.json`, recordOf(cache))
  removeOld(cache)
  return folder
}

/** Why there is no bundle, in one line: the first mistake in the sources with its place, or what the system said. */
const reasonOf = (cause) => {
  const [mistake] = cause.errors ?? []
  if (mistake?.location == null) return mistake?.text ?? cause.message.split("\n")[0]
  const { file, line, column } = mistake.location
  return `${file}:${line}:${column}: ${mistake.text}`
}

const writeNote = (text) => process.stderr.write(`parade: ${text}\n`)

/**
 * The bundle of the workspace's sources as they are now, made anew where one of them has changed. Where it cannot be
 * made a note says why, and `undefined` lets the sources run as they are, slower to start.
 */
export const workspaceBundle = async (
  cache = join(root, "node_modules", ".cache", "parade"),
  note = writeNote,
) => {
  try {
    return pathToFileURL(join(fresh(cache) ?? (await build(cache)), "parade.js")).href
  } catch (cause) {
    note(`the command could not be bundled, so it starts from its sources: ${reasonOf(cause)}`)
    return undefined
  }
}
