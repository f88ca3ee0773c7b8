import { GraphError } from "@parade/core"
import { polynomial, sameShape } from "./dimension.ts"
import { finishGraph } from "./_finish-graph.ts"
import type { Attribute, Branch, Dimension, Graph, Initializer, Node, NodeGradient, Value } from "./graph.ts"
import type { FusedOperator, Lowering } from "./lowering.ts"
import { elementBytes } from "./tensor.ts"
import type { ElementType } from "./tensor.ts"

/** Type and shape of a value before it has a name. */
export interface ValueType {
  readonly type: ElementType
  readonly shape: readonly Dimension[]
}

const describe = (value: Value | undefined): string =>
  value === undefined ? "nothing" : `${value.name}: ${value.type} [${value.shape.join(", ")}]`

/** A constant given to {@link GraphBuilder.initializer}. */
export type InitializerSource = Omit<Initializer, "name" | "byteLength"> & { readonly name?: string }

/**
 * Collects nodes into a {@link Graph}. Operators are functions over it (`ops.add(g, a, b)`), which work out types and
 * shapes and refuse what does not fit with a GraphError that names operator, place and inputs.
 *
 * @example
 * ```ts
 * const g = new GraphBuilder("double")
 * const x = g.input("x", "float32", ["T", 4])
 * g.output("y", ops.add(g, x, x))
 * const graph = g.build()
 * ```
 */
export class GraphBuilder {
  readonly name: string
  readonly lowering: Lowering
  readonly #inputs: Value[] = []
  readonly #outputs: { readonly name: string; readonly value: Value }[] = []
  readonly #initializers = new Map<string, Initializer>()
  readonly #nodes: Node[] = []
  readonly #values = new Map<string, Value>()
  /** The nodes of open branches, the innermost last; what a branch makes is seen by no other. */
  #branches: readonly Node[][] = []
  readonly #owners = new Map<string, Node[]>()
  readonly #memo = new Map<string, unknown>()
  #scope = ""
  #segment: symbol | undefined
  #count = 0

  constructor(name: string, lowering: Lowering = { kind: "exact" }) {
    this.name = name
    this.lowering = lowering
  }

  /** Whether composites may use an operator that stands for several. */
  uses(operator: FusedOperator): boolean {
    return this.lowering.kind === "fused" && this.lowering.without?.has(operator) !== true
  }

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    for (const dimension of shape) polynomial(dimension)
    const value = this.#declare(name, type, shape)
    this.#inputs.push(value)
    return value
  }

  /** The inputs so far. */
  get inputs(): readonly Value[] {
    return this.#inputs
  }

  /** The nodes so far, in topological order. */
  get nodes(): readonly Node[] {
    return this.#nodes
  }

  /** The value of that name: an input, a constant, or what a node gives. */
  value(name: string): Value {
    const value = this.#values.get(name)
    if (value === undefined)
      throw this.refuse("Value", [], `there is no value "${name}"`, "graph.unknown-value")
    return value
  }

  /** The constant behind a value, where it is one. */
  constantOf(value: Value): Initializer | undefined {
    return this.#initializers.get(value.name)
  }

  /** A constant whose bytes are made when asked for. Equal identities become one. */
  initializer(source: InitializerSource): Value {
    const { type, shape, identity } = source
    const key = identity === undefined ? undefined : `${type} [${shape.join(",")}] ${identity}`
    const make = (): Value => {
      const byteLength = shape.reduce((product, size) => product * size, elementBytes[type])
      if (!Number.isSafeInteger(byteLength) || byteLength < 0)
        throw this.refuse("Initializer", [], `[${shape.join(", ")}] is not the shape of a constant`)
      const value = this.#declare(source.name ?? this.#fresh("constant"), type, shape)
      this.#initializers.set(value.name, { ...source, name: value.name, byteLength })
      return value
    }
    return key === undefined ? make() : this.memo(key, make)
  }

  /** A small constant of numbers. Equal constants become one. */
  constant(type: "float32" | "int64" | "int32", shape: readonly number[], data: readonly number[]): Value {
    return this.memo(`constant ${type} [${shape.join(",")}] ${data.join(",")}`, () => {
      const array =
        type === "float32"
          ? Float32Array.from(data)
          : type === "int32"
            ? Int32Array.from(data)
            : BigInt64Array.from(data, (x) => BigInt(x))
      const bytes = new Uint8Array(array.buffer)
      const value = this.initializer({ type, shape, bytes: () => bytes })
      if (bytes.length !== this.#initializers.get(value.name)!.byteLength)
        throw this.refuse("Constant", [value], `${data.length} numbers do not fill it`)
      return value
    })
  }

  /** What `make` gave the first time it was asked for `key`: parts of a graph that many layers share. */
  memo<A>(key: string, make: () => A): A {
    if (this.#memo.has(key)) return this.#memo.get(key) as A
    const [scope, segment, branches] = [this.#scope, this.#segment, this.#branches]
    this.#scope = ""
    this.#segment = undefined
    this.#branches = []
    try {
      const made = make()
      this.#memo.set(key, made)
      return made
    } finally {
      this.#scope = scope
      this.#segment = segment
      this.#branches = branches
    }
  }

  /** Names and errors of what `make` adds start with `scope`. */
  within<A>(scope: string, make: () => A): A {
    const outer = this.#scope
    this.#scope = `${outer}${scope}/`
    try {
      return make()
    } finally {
      this.#scope = outer
    }
  }

  /**
   * What `make` adds is a segment: when the graph is differentiated, its inner values are computed again on the way back
   * from what enters it, and need not be kept until then (gradient checkpointing; Chen et al. 2016). The gradients keep
   * their bytes. Within another segment it is a part of that one; `segment` names one to add to.
   */
  recomputed<A>(make: () => A, segment: symbol = Symbol(this.#scope)): A {
    const outer = this.#segment
    this.#segment = outer ?? segment
    try {
      return make()
    } finally {
      this.#segment = outer
    }
  }

  /**
   * Add a node. Operators call this after they have worked out what it gives. An output left out is `undefined`;
   * values come back for the others.
   */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly (ValueType | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Node["domain"] = "",
    gradient?: NodeGradient,
  ): readonly Value[] {
    for (const input of inputs) if (input !== undefined) this.#requireSeen(op, inputs, input)
    const results = outputs.map((output) =>
      output === undefined ? undefined : this.#declare(this.#fresh(op), output.type, output.shape),
    )
    this.#add({
      op,
      domain,
      inputs: inputs.map((input) => input?.name ?? ""),
      outputs: results.map((result) => result?.name ?? ""),
      attributes,
      ...(gradient === undefined ? {} : { gradient }),
      ...(this.#segment === undefined ? {} : { segment: this.#segment }),
    })
    return results.filter((result) => result !== undefined)
  }

  /**
   * What `then` gives where `condition` (bool `[1]`) holds when the graph runs, else what `otherwise` gives; both give
   * one value of the same type and shape. Only one of them is computed. They read what is around them, and parts made by
   * `memo` are made outside.
   */
  either(condition: Value, then: () => Value, otherwise: () => Value): Value {
    const refuse = (why: string): GraphError => this.refuse("If", [condition], why)
    if (condition.type !== "bool" || condition.shape.length !== 1 || condition.shape[0] !== 1)
      throw refuse("its condition must be bool [1]")
    this.#requireSeen("If", [condition], condition)
    const [one, other] = [this.#branch(then), this.#branch(otherwise)]
    const { type, shape } = one.value
    if (other.value.type !== type || !sameShape(other.value.shape, shape))
      throw refuse(`one side gives ${describe(one.value)}, the other ${describe(other.value)}`)
    const result = this.#declare(this.#fresh("If"), type, shape)
    const branches = { met: one.branch, otherwise: other.branch }
    this.#add({
      op: "If",
      domain: "",
      inputs: [condition.name],
      outputs: [result.name],
      attributes: {},
      branches,
    })
    return result
  }

  output(name: string, value: Value): void {
    this.#requireSeen("Output", [value], value)
    if (this.#outputs.some((output) => output.name === name) || this.#values.has(name))
      throw this.refuse("Output", [value], `"${name}" is taken`, "graph.name-taken")
    this.#outputs.push({ name, value })
  }

  /** A failure that names the operator, where it stands and what it was given. */
  refuse(
    op: string,
    inputs: readonly (Value | undefined)[],
    why: string,
    code = "graph.shape-mismatch",
  ): GraphError {
    return new GraphError({
      code,
      message: `${op} of (${inputs.map(describe).join("; ")}): ${why}.`,
      path: `${this.name}/${this.#scope}${op}_${this.#count}`,
      fault: "bug",
    })
  }

  build(): Graph {
    return finishGraph({
      name: this.name,
      inputs: this.#inputs,
      outputs: this.#outputs,
      initializers: [...this.#initializers.values()],
      nodes: this.#nodes,
      values: this.#values,
    })
  }

  #branch(make: () => Value): { readonly value: Value; readonly branch: Branch } {
    const outer = this.#branches
    const nodes: Node[] = []
    this.#branches = [...outer, nodes]
    try {
      const made = make()
      // What a branch gives it must have made.
      const value = this.#owners.get(made.name) === nodes ? made : this.node("Identity", [made], [made])[0]!
      return { value, branch: { nodes, outputs: [value.name] } }
    } finally {
      this.#branches = outer
    }
  }

  #add(node: Node): void {
    const branch = this.#branches.at(-1)
    if (branch !== undefined) for (const output of node.outputs) this.#owners.set(output, branch)
    ;(branch ?? this.#nodes).push(node)
  }

  #requireSeen(op: string, inputs: readonly (Value | undefined)[], value: Value): void {
    const owner = this.#owners.get(value.name)
    if (this.#values.get(value.name) !== value)
      throw this.refuse(op, inputs, `"${value.name}" is a value of another graph`, "graph.foreign-value")
    if (owner !== undefined && !this.#branches.includes(owner))
      throw this.refuse(op, inputs, `"${value.name}" is a value of another branch`, "graph.foreign-value")
  }

  #fresh(base: string): string {
    return `${this.#scope}${base}_${this.#count++}`
  }

  #declare(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    if (this.#values.has(name))
      throw this.refuse("Value", [], `the name "${name}" is taken`, "graph.name-taken")
    const value = { name, type, shape }
    this.#values.set(name, value)
    return value
  }
}
