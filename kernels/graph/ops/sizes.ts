import type { GraphBuilder } from "../builder.ts"
import { polynomial } from "../dimension.ts"
import type { Dimension, Value } from "../graph.ts"
import { add, mul } from "./elementwise.ts"
import { single } from "./_rules.ts"

/** The number a name stands for, as int64 `[1]`, read off the first input that has it as a dimension. */
const nameSize = (g: GraphBuilder, name: string): Value =>
  g.memo(`size ${name}`, () => {
    for (const input of g.inputs) {
      const axis = input.shape.indexOf(name)
      if (axis >= 0)
        return single(g, "Shape", [input], { type: "int64", shape: [1] }, { start: axis, end: axis + 1 })
    }
    throw g.refuse("Shape", g.inputs, `no input has "${name}" as a dimension`, "graph.unbound-dimension")
  })

/** Dimensions as an int64 tensor `[dimensions.length]`: a constant where they are numbers, else worked out at run time. */
export const sizes = (g: GraphBuilder, dimensions: readonly Dimension[]): Value => {
  const count = dimensions.length
  if (dimensions.every((size) => typeof size === "number")) return g.constant("int64", [count], dimensions)
  return g.memo(`sizes ${dimensions.join(",")}`, () => {
    // Sum over products of names: (their value) · (their coefficient in each dimension).
    const polynomials = dimensions.map(polynomial)
    const monomials = new Set(polynomials.flatMap((terms) => [...terms.keys()]))
    const summands = [...monomials].map((monomial) => {
      const coefficients = g.constant(
        "int64",
        [count],
        polynomials.map((terms) => terms.get(monomial) ?? 0),
      )
      const names = monomial === "" ? [] : monomial.split("*")
      return names.reduce((product, name) => mul(g, product, nameSize(g, name)), coefficients)
    })
    return summands.reduce((sum, summand) => add(g, sum, summand))
  })
}
