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

/**
 * Entries for {@link DeviceOptions.extra} that suit sessions that run one after the other. The threads of a session stop
 * waiting busily when its run ends, and so leave the cores to the next; one that runs alone loses 3 % by it.
 */
export const alternatingEntries: Readonly<Record<string, string>> = { "session.force_spinning_stop": "1" }

/**
 * Entries for {@link DeviceOptions.extra} that suit a process that trains; see decision 022. They are
 * {@link alternatingEntries}, as a teacher or an evaluation runs beside the training.
 *
 * Numbers below 1.2e-38 count as 0: a softmax makes one of every column that a mask hides, and they take the processor
 * many times as long. For the thread that opens sessions, onnxruntime heeds this of the first one in a process, and the
 * thread's arithmetic in JavaScript then counts them as 0 too.
 */
export const trainingEntries: Readonly<Record<string, string>> = {
  ...alternatingEntries,
  "session.set_denormal_as_zero": "1",
}
