import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions } from "../dimension.ts"
import type { Node, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import type { Flow } from "./_flow.ts"
import { number } from "./_rule.ts"

/** The first element, `[1]`. */
const firstOf = (g: GraphBuilder, x: Value): Value =>
  ops.gather(g, ops.reshape(g, x, [multiplyDimensions(...x.shape)]), g.constant("int64", [1], [0]))

/** A value of no meaning, bool `[]`, that is known only when all of `values` are. */
const afterAll = (g: GraphBuilder, values: readonly Value[]): Value => {
  const firsts = values.map((value) => firstOf(g, value))
  return ops.greater(g, ops.reduceMax(g, ops.concat(g, firsts, 0), [0], false), number(g, 0))
}

/**
 * The nodes of one segment once more. What enters passes a gate first, which opens when the gradient is there: so
 * runtimes neither merge these nodes with those of the way forwards, nor run them long before they are needed.
 */
class Segment {
  readonly #g: GraphBuilder
  readonly #own: ReadonlyMap<string, Node>
  readonly #kept: (name: string) => boolean
  readonly #fixed: (value: Value) => boolean
  readonly #gate: Value
  readonly #again = new Map<string, Value>()
  readonly #entered = new Map<string, Value>()

  constructor(
    g: GraphBuilder,
    own: ReadonlyMap<string, Node>,
    kept: (name: string) => boolean,
    fixed: (value: Value) => boolean,
    gate: Value,
  ) {
    this.#g = g
    this.#own = own
    this.#kept = kept
    this.#fixed = fixed
    this.#gate = gate
  }

  /** Whether the value is made within, and by nobody kept. */
  holds(name: string): boolean {
    return this.#own.has(name) && !this.#kept(name)
  }

  /** A value as gradients read it. */
  read(name: string): Value {
    if (!this.holds(name)) return this.#g.value(name)
    if (!this.#again.has(name)) this.#repeat(this.#own.get(name)!)
    return this.#again.get(name)!
  }

  #repeat({ op, inputs, outputs, attributes, domain, gradient }: Node): void {
    const g = this.#g
    const operands = inputs.map((name) => (name === "" ? undefined : this.#enter(name)))
    const types = outputs.map((name) => (name === "" ? undefined : g.value(name)))
    const named = (names: readonly string[]): readonly string[] => names.map((name) => this.read(name).name)
    const moved =
      gradient === undefined
        ? undefined
        : { ...gradient, inputs: named(gradient.inputs), saved: named(gradient.saved) }
    const made = g.node(op, operands, types, attributes, domain, moved)
    outputs.filter((name) => name !== "").forEach((name, i) => this.#again.set(name, made[i]!))
  }

  /** A value as the nodes read it that are repeated. */
  #enter(name: string): Value {
    if (this.holds(name)) return this.read(name)
    const value = this.#g.value(name)
    if (value.type !== "float32" || this.#fixed(value)) return value
    const known = this.#entered.get(name)
    if (known !== undefined) return known
    const gated = ops.where(this.#g, this.#gate, value, value)
    this.#entered.set(name, gated)
    return gated
  }
}

/** The segment that gradients are passing. */
interface Open {
  readonly name: symbol
  readonly segment: Segment
  /** What the flow had when they came. */
  readonly since: number
}

/** Which values the gradients of a graph's nodes are made of: those of segments are computed again. */
export class Segments {
  readonly #g: GraphBuilder
  readonly #flow: Flow
  readonly #fixed: (value: Value) => boolean
  readonly #own = new Map<symbol, Map<string, Node>>()
  /** The segments, or none, that read a value. */
  readonly #readers = new Map<string, Set<symbol | undefined>>()
  #open: Open | undefined
  /** What left the segment before: the next one waits for it, so that no two are at work at once. */
  #left: readonly Value[] = []

  constructor(g: GraphBuilder, nodes: readonly Node[], sources: ReadonlySet<string>, flow: Flow) {
    this.#g = g
    this.#flow = flow
    this.#fixed = (value) => sources.has(value.name) || g.constantOf(value) !== undefined
    for (const node of nodes) {
      for (const name of node.inputs) {
        const readers = this.#readers.get(name)
        if (readers === undefined) this.#readers.set(name, new Set([node.segment]))
        else readers.add(node.segment)
      }
      if (node.segment === undefined) continue
      const own = this.#own.get(node.segment) ?? new Map<string, Node>()
      this.#own.set(node.segment, own)
      for (const output of node.outputs) own.set(output, node)
    }
  }

  /** How a node of the segment is to read its values, the gradient of one of its outputs being known. */
  enter(name: symbol | undefined, gradient: Value): (name: string) => Value {
    if (this.#open !== undefined && this.#open.name !== name) this.#leave(this.#open)
    if (name === undefined) return (value) => this.#g.value(value)
    this.#open ??= {
      name,
      since: this.#flow.added.length,
      segment: new Segment(
        this.#g,
        this.#own.get(name)!,
        (value) => [...(this.#readers.get(value) ?? [])].some((reader) => reader !== name),
        this.#fixed,
        afterAll(this.#g, [gradient, ...this.#left]),
      ),
    }
    const { segment } = this.#open
    return (value) => segment.read(value)
  }

  #leave({ segment, since }: Open): void {
    const outside = this.#flow.added.slice(since).filter(({ name }) => !segment.holds(name))
    this.#left = outside.map(({ gradient }) => gradient)
    this.#open = undefined
  }
}
