import { readdirSync } from "node:fs"

const software = /swiftshader|lvp|lavapipe|llvmpipe|mock/i

/** Whether Vulkan was told to compute on the processor. */
export const softwareVulkan = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  [environment["VK_ICD_FILENAMES"], environment["VK_DRIVER_FILES"]].some(
    (files) => files !== undefined && software.test(files),
  )

const renderNodes = (): readonly string[] => {
  try {
    return readdirSync("/dev/dri").filter((name) => name.startsWith("renderD"))
  } catch {
    return []
  }
}

/** Why there is no graphics processor worth choosing by itself; `undefined` where there may be one. */
export const noRealAdapter = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined => {
  if (softwareVulkan(environment)) return "Vulkan is set to a software driver"
  // Direct3D and Metal are part of their systems; asking them is cheap and quiet.
  if (process.platform !== "linux" || renderNodes().length > 0) return undefined
  return "there is no graphics processor (no /dev/dri/renderD*)"
}
