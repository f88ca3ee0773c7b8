import type { Device } from "@parade/graph"

/** A device by name; `auto` takes a graphics processor where there is a real one, else the processor. */
export type DeviceName = "cpu" | "webgpu" | "cuda" | "auto"

export interface DeviceOptions {
  /** Threads of one operator. `auto` measures once on this machine and keeps the answer. */
  readonly threads?: "auto" | number
  /** How far onnxruntime rewrites graphs. */
  readonly optimization?: "disabled" | "basic" | "extended" | "all"
  /** Further configuration entries of onnxruntime by their full names, such as `session.intra_op.allow_spinning`. */
  readonly extra?: Readonly<Record<string, string>>
  /** Where kept graphs and measurements lie; see `cacheFolder`. */
  readonly cacheFolder?: string
}

/** A device of onnxruntime. */
export interface OnnxDevice extends Device {
  readonly name: "cpu" | "webgpu" | "cuda"
  readonly threads: number
  /** Why this device and these threads, for people. */
  readonly reason: string
  /** Version of onnxruntime. */
  readonly version: string
}
