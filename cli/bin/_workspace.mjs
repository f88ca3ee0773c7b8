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
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const cache = join(root, "node_modules", ".cache", "parade")
const record = join(cache, "bundle.json")

const age = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const fresh = () => {
  if (!existsSync(record)) return undefined
  const { folder, ages } = JSON.parse(readFileSync(record, "utf8"))
  const unchanged = Object.entries(ages).every(([path, then]) => age(path) === then)
  return unchanged && existsSync(folder) ? folder : undefined
}

/** Bundles of yesterday and before; one of today may still be read by a process. */
const removeOld = () => {
  const day = 24 * 60 * 60 * 1000
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    if (path !== record && Date.now() - age(path) > day) rmSync(path, { recursive: true, force: true })
  }
}

const build = async () => {
  const { bundle } = await import("./_bundle.mjs")
  const work = join(cache, randomUUID())
  mkdirSync(work, { recursive: true })
  const inputs = [...(await bundle(work)), join(root, "package-lock.json"), fileURLToPath(import.meta.url)]
  const ages = Object.fromEntries(inputs.map((path) => [path, age(path)]))
  const folder = join(cache, createHash("sha256").update(JSON.stringify(ages)).digest("hex").slice(0, 16))
  if (existsSync(folder)) rmSync(work, { recursive: true })
  else renameSync(work, folder)
  writeFileSync(`${folder}.json`, JSON.stringify({ folder, ages }))
  renameSync(`${folder}.json`, record)
  removeOld()
  return folder
}

/**
 * The bundle of the workspace's sources as they are now, made anew where one of them has changed; `undefined` where it
 * cannot be made, so that the sources themselves say what is wrong with them.
 */
export const workspaceBundle = async () => {
  try {
    return pathToFileURL(join(fresh() ?? (await build()), "parade.js")).href
  } catch {
    return undefined
  }
}
