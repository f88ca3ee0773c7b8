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

/** Looked for before WebGPU is asked, whose library writes warnings to standard error by itself. */
export const missingVulkan = (): string | undefined =>
  process.platform === "linux" ? missingLibrary("libvulkan.so.1") : undefined
