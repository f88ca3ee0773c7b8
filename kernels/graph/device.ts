import type { DeviceError, GraphError, RowLayout, RowStore } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { FusedOperator } from "./lowering.ts"
import type { Graph } from "./graph.ts"
import type { ElementType, Tensor } from "./tensor.ts"

/** A tensor that stays in a device's own memory until read. Freed by its owner. */
export interface DeviceTensor {
  readonly location: "device"
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly read: () => Promise<Tensor>
  readonly dispose: () => void
}

export type Feed = Tensor | DeviceTensor

/** Whether a feed stays in a device's memory. */
export const isDeviceTensor = (feed: Feed): feed is DeviceTensor =>
  "location" in feed && feed.location === "device"

export type Feeds = Readonly<Record<string, Feed>>

/** One output wanted, and where it should be afterwards. */
export interface Fetch {
  readonly name: string
  readonly location?: "host" | "device"
}

/** A graph ready to run on a device; released with the scope it was compiled in. */
export interface Program {
  readonly graph: Graph
  /**
   * Computes the outputs named. Host results may be reused by the next run of the same program: copy what must last.
   * The promise of a synchronous device is settled before it is returned.
   */
  readonly run: (
    feeds: Feeds,
    fetches: readonly Fetch[],
  ) => Effect<Readonly<Record<string, Feed>>, DeviceError>
}

export interface CompileOptions {
  /** Keep the compiled form (graph file and constants) on disk and start from it next time. */
  readonly keep?: boolean
  /**
   * With `keep`: what all of the graph follows from, the code that builds it too (see `codeStamp`). Under it the graph is found
   * again without being built (`reopen` of the device).
   */
  readonly key?: string | undefined
  /**
   * `false` for few, large runs: the memory of a run is not laid out for the next one of the same shapes, which costs a
   * little time and halves what is held between runs.
   */
  readonly layOutMemory?: boolean
}

/** A program whose graph was kept under a key, and nobody has built now. */
export interface ReopenedProgram extends Pick<Program, "run"> {
  /** Bytes of its constants, see `weightBytes`. */
  readonly weightBytes: number
}

/** The rows of a cache on a device, and what a forward over them feeds. */
export interface DeviceRows extends RowStore {
  /** Input name → tensor `[blocks, capacity, width]`, for every part of the layout: `past.<part name>`. */
  readonly feeds: () => Feeds
  /** Outputs `new.<family>` `[sum of blocks, T, width]` as the content of pending rows. */
  readonly pending: (outputs: Readonly<Record<string, Feed>>) => unknown
}

/** Where graphs run: the exact interpreter, or onnxruntime on cpu, webgpu or cuda. */
export interface Device {
  /** `reference`, `cpu`, `webgpu`, `cuda`. */
  readonly name: string
  /** Which operators graphs for this device should be written in. */
  readonly lowering: "exact" | "fused"
  /** Operators it lacks: give them to the graph builder. */
  readonly without?: ReadonlySet<FusedOperator> | undefined
  /** Where new rows are best left between a forward and its commit. */
  readonly rowLocation: "host" | "device"
  readonly widthInvariant: boolean
  readonly compile: (
    graph: Graph,
    options?: CompileOptions,
  ) => Effect<Program, DeviceError | GraphError, Scope>
  /** What was compiled under a key before, if it is still there; absent where nothing is kept so. */
  readonly reopen?: (key: string) => Effect<ReopenedProgram | undefined, never, Scope>
  /** `step`: places are reserved in multiples of it. */
  readonly makeRows: (layout: RowLayout, step: number) => Effect<DeviceRows, DeviceError, Scope>
}
