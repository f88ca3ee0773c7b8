import type { GraphBuilder } from "./builder.ts"
import type { ElementType } from "./tensor.ts"

/** A dimension: a number, or the name of one that is known when the graph runs (`T`, `C+T`). */
export type Dimension = number | string

/** A typed value that flows between nodes. */
export interface Value {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly Dimension[]
}

export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number | readonly number[] }

export interface Node {
  readonly op: string
  /** Empty for the ONNX standard. */
  readonly domain: "" | "com.microsoft"
  /** Names of values; empty where an optional input is left out. */
  readonly inputs: readonly string[]
  /** Names of values; empty where an optional output is left out. */
  readonly outputs: readonly string[]
  /** Integers stay integers; floats are wrapped as `{ float }`, because ONNX tells them apart. */
  readonly attributes: Readonly<Record<string, Attribute>>
  /** What stands for the node when the graph is differentiated; devices do not see it. */
  readonly gradient?: NodeGradient
  /** Nodes of one segment are computed again on the way back, rather than kept: see `GraphBuilder.recomputed`. */
  readonly segment?: symbol
  /** What the node's condition chooses between: see `GraphBuilder.either`. */
  readonly branches?: { readonly met: Branch; readonly otherwise: Branch }
}

/** Nodes that run on one side of a condition. They read values of the graph around them. */
export interface Branch {
  readonly nodes: readonly Node[]
  /** Names of values that the nodes make, in the order of the outputs of the condition's node. */
  readonly outputs: readonly string[]
}

/** A gradient that replaces the one through a node: see `customGradient`. */
export interface NodeGradient {
  /** Names of the values that receive gradients. */
  readonly inputs: readonly string[]
  /** Names of further values the gradient is made of. */
  readonly saved: readonly string[]
  readonly backward: (context: {
    readonly g: GraphBuilder
    /** Of the node's output, in its shape. */
    readonly gradient: Value
    readonly output: Value
    readonly inputs: readonly Value[]
    readonly saved: readonly Value[]
  }) => readonly (Value | undefined)[]
}

/** A constant. Its bytes are made when asked for, so a compiled copy on disk need not make them at all. */
export interface Initializer {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly bytes: () => Uint8Array
  /**
   * Equal identities promise equal bytes, across processes: the file they come from (size, time, place in it) and
   * what was done to them. Absent for small constants, whose bytes speak for themselves.
   */
  readonly identity?: string
  /** A weight, which training may change; not a table that follows from the architecture. */
  readonly weight?: boolean
}

/** A computation, in topological order. */
export interface Graph {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly initializers: readonly Initializer[]
  readonly nodes: readonly Node[]
  /** Types and shapes of inner values, by name. */
  readonly values: ReadonlyMap<string, Value>
}
