import { readdirSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

/**
 * Why the system's loader does not find a library, `undefined` where it does. Loading is what shows it; that a library
 * is no addon of Node shows only after that.
 */
export const missingLibrary = (name: string): string | undefined => {
  try {
    process.dlopen({ exports: {} }, name)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    if (/cannot open shared object file/.test(said)) return `${name} is not installed`
  }
  return undefined
}

/** Where the Vulkan loader looks for the manifests of drivers, as its documentation of Linux has it. */
const manifestFolders = (environment: Environment): readonly string[] => {
  const home = environment["HOME"] ?? homedir()
  const list = (name: string, otherwise: string): readonly string[] =>
    (environment[name] || otherwise).split(":").filter((folder) => folder !== "")
  return [
    environment["XDG_CONFIG_HOME"] || join(home, ".config"),
    ...list("XDG_CONFIG_DIRS", "/etc/xdg"),
    "/usr/local/etc",
    "/etc",
    environment["XDG_DATA_HOME"] || join(home, ".local", "share"),
    ...list("XDG_DATA_DIRS", "/usr/local/share:/usr/share"),
  ].map((folder) => join(folder, "vulkan", "icd.d"))
}

type Environment = Readonly<Record<string, string | undefined>>

const hasManifest = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
      ? readdirSync(path).some((name) => name.endsWith(".json"))
      : path.endsWith(".json")
  } catch {
    return false
  }
}

/** Why Vulkan has no driver to load; `undefined` where it may have one. */
export const missingDriver = (environment: Environment): string | undefined => {
  for (const name of ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]) {
    const named = environment[name]
    if (named === undefined || named === "") continue
    return named.split(":").some(hasManifest) ? undefined : `${name} names no driver that is there`
  }
  const folders = [...manifestFolders(environment), ...(environment["VK_ADD_DRIVER_FILES"] ?? "").split(":")]
  return folders.some(hasManifest) ? undefined : "no Vulkan driver is installed"
}

/** Looked for before WebGPU is asked, whose library writes warnings to standard error by itself. */
export const missingVulkan = (): string | undefined =>
  process.platform === "linux" ? (missingLibrary("libvulkan.so.1") ?? missingDriver(process.env)) : undefined
