import type { GraphBuilder } from "../builder.ts"
import { sameShape } from "../dimension.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"

/** Gradients on their way back, added up when asked for. */
export class Flow {
  readonly #g: GraphBuilder
  readonly #parts = new Map<string, Value[]>()
  /** All that was added so far, in order. */
  readonly added: { readonly name: string; readonly gradient: Value }[] = []

  constructor(g: GraphBuilder) {
    this.#g = g
  }

  add(name: string, gradient: Value): void {
    const value = this.#g.value(name)
    if (!sameShape(gradient.shape, value.shape))
      throw this.#g.refuse("gradients", [value, gradient], "a gradient does not have the shape of its value")
    const parts = this.#parts.get(name)
    if (parts === undefined) this.#parts.set(name, [gradient])
    else parts.push(gradient)
    this.added.push({ name, gradient })
  }

  total(name: string): Value | undefined {
    const parts = this.#parts.get(name)
    if (parts === undefined) return undefined
    const sum = parts.reduce((total, part) => ops.add(this.#g, total, part))
    this.#parts.set(name, [sum])
    return sum
  }
}
