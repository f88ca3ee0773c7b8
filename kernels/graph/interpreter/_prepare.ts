import { GraphError } from "@parade/core"
import { readNames } from "../_finish-graph.ts"
import type { Graph, Node } from "../graph.ts"
import { initializerBytes } from "../onnx-file.ts"
import type { ElementType, TypedArray } from "../tensor.ts"
import { attentionKernel } from "./_attention.ts"
import { convolutionKernels } from "./_convolution.ts"
import { elementwiseKernels } from "./_elementwise.ts"
import { integerKernels } from "./_integer.ts"
import { layoutKernels } from "./_layout.ts"
import { normalizeKernels } from "./_normalize.ts"
import { placeKernels } from "./_places.ts"
import { productKernels } from "./_product.ts"
import { quantizedKernels } from "./_quantized.ts"
import { rotaryKernel } from "./_rotary.ts"
import { sizeOf, unsupported } from "./_slot.ts"
import type { Kernel, Slot } from "./_slot.ts"

const kernels: ReadonlyMap<string, Kernel> = new Map(
  Object.entries({
    ...elementwiseKernels,
    ...layoutKernels,
    ...placeKernels,
    ...productKernels,
    ...convolutionKernels,
    ...normalizeKernels,
    ...quantizedKernels,
    ...integerKernels,
    Attention: attentionKernel,
    RotaryEmbedding: rotaryKernel,
  }),
)

/** Operators the interpreter runs. */
export const interpretedOperators: readonly string[] = [...kernels.keys()].sort()

/** A graph made ready for inputs of certain shapes: feed the inputs, run the steps in order, read the outputs. */
export interface Prepared {
  /** In the order of the graph's inputs. */
  readonly inputs: readonly Slot[]
  readonly outputs: ReadonlyMap<string, Slot>
  readonly steps: readonly (() => void)[]
}

/** How floats are kept. Every kernel computes in float64; `float64` keeps what it found, which checks of gradients need. */
export type Precision = "float32" | "float64"

const allocate = (type: ElementType, length: number, precision: Precision): TypedArray => {
  switch (type) {
    case "float32":
      // Kernels read and write numbers by index, whatever the width.
      return precision === "float32"
        ? new Float32Array(length)
        : (new Float64Array(length) as unknown as Float32Array)
    case "int64":
      return new BigInt64Array(length)
    case "int32":
      return new Int32Array(length)
    case "int8":
      return new Int8Array(length)
    case "float16":
      return new Uint16Array(length)
    case "uint8":
    case "bool":
      return new Uint8Array(length)
  }
}

/** Constants as slots, their bytes read once for all shapes. */
export const constantSlots = (graph: Graph, precision: Precision = "float32"): ReadonlyMap<string, Slot> => {
  const slots = new Map<string, Slot>()
  for (const initializer of graph.initializers) {
    const stored = allocate(initializer.type, sizeOf(initializer.shape), "float32")
    new Uint8Array(stored.buffer).set(initializerBytes(initializer))
    const data =
      precision === "float64" && stored instanceof Float32Array
        ? (Float64Array.from(stored) as unknown as Float32Array)
        : stored
    slots.set(initializer.name, { type: initializer.type, dims: initializer.shape, data, known: true })
  }
  return slots
}

/** The nodes that the outputs named depend on, in order. */
const neededNodes = (graph: Graph, outputs: readonly string[]): readonly Node[] => {
  const needed = new Set(outputs)
  const kept: Node[] = []
  for (const node of graph.nodes.toReversed())
    if (node.outputs.some((output) => needed.has(output))) {
      kept.push(node)
      for (const name of readNames(node)) needed.add(name)
    }
  return kept.reverse()
}

/** Check that every operator has a kernel. */
export const requireKernels = ({ nodes }: Pick<Graph, "nodes">): void => {
  for (const node of nodes)
    if (node.branches !== undefined) {
      requireKernels(node.branches.met)
      requireKernels(node.branches.otherwise)
    } else if (!kernels.has(node.op)) throw unsupported(node, "it has no kernel for the operator")
}

export const prepare = (
  graph: Graph,
  constants: ReadonlyMap<string, Slot>,
  dims: readonly (readonly number[])[],
  outputs: readonly string[],
  precision: Precision = "float32",
): Prepared => {
  const slots = new Map<string, Slot>(constants)
  const inputs = graph.inputs.map(({ name, type }, i) => {
    const slot = { type, dims: dims[i]!, data: allocate(type, 0, precision), known: false }
    slots.set(name, slot)
    return slot
  })
  const steps: (() => void)[] = []
  const add = (node: Node): void => {
    const operands = node.inputs.map((name) => {
      const slot = slots.get(name)
      if (slot === undefined && name !== "") throw unsupported(node, `nothing gives its input "${name}"`)
      return slot
    })
    if (node.branches !== undefined) {
      const [condition] = operands
      if (!condition!.known) throw unsupported(node, "its condition depends on values that are fed")
      const { met, otherwise } = node.branches
      const branch = condition!.data[0] === 1 ? met : otherwise
      branch.nodes.forEach(add)
      node.outputs.forEach((name, i) => slots.set(name, slots.get(branch.outputs[i]!)!))
      return
    }
    const names = node.outputs.filter((name) => name !== "")
    const made: Slot[] = []
    const step = kernels.get(node.op)!(node, operands as readonly Slot[], (type, shape) => {
      const slot = { type, dims: shape, data: allocate(type, sizeOf(shape), precision), known: false }
      made.push(slot)
      return slot
    })
    for (const [i, name] of names.entries()) slots.set(name, made[i]!)
    // What follows from constants and shapes alone is worked out now, once.
    if (made.every((slot) => slot.known) || operands.every((slot) => slot === undefined || slot.known)) {
      step()
      for (const slot of made) slot.known = true
    } else steps.push(step)
  }
  neededNodes(graph, outputs).forEach(add)
  const results = new Map<string, Slot>()
  for (const name of outputs) {
    const slot = slots.get(name)
    if (slot === undefined)
      throw new GraphError({
        code: "graph.unknown-output",
        message: `The graph has no output "${name}".`,
        fault: "bug",
      })
    results.set(name, slot)
  }
  return { inputs, outputs: results, steps }
}
