import { DeviceError } from "@parade/core"
import type { Runtime } from "./_runtime.ts"

const advice: Readonly<Record<string, string>> = {
  webgpu:
    "It needs libvulkan1 and a Vulkan driver on Linux (x64), Direct3D 12 on Windows or Metal on macOS; without a graphics processor Debian's chromium package brings a software one: set VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json before starting.",
  cuda: "It needs an NVIDIA GPU with CUDA 12 and cuDNN 9, and onnxruntime's CUDA library, which the install script of onnxruntime-node downloads on Linux x64: run `npm rebuild onnxruntime-node --ignore-scripts=false`.",
}

/** A device that this machine or this build of onnxruntime lacks: whoever asked for it has to ask for another. */
export const deviceAbsent = (
  runtime: Runtime,
  device: "webgpu" | "cuda",
  why: string,
  cause?: unknown,
): DeviceError => {
  const built = runtime.listSupportedBackends().filter(({ bundled }) => bundled)
  return new DeviceError({
    code: "device.absent",
    message: `Device "${device}" is absent: ${why}. This build of onnxruntime has ${built.map(({ name }) => name).join(", ")}.`,
    advice: `${advice[device]} Or use the device "cpu".`,
    cause,
  })
}
