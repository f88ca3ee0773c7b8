import { GraphError } from "@parade/core"
import type { Dimension } from "./graph.ts"

/** A sum of terms: product of names (`""` for none, names sorted and joined by `*`) → coefficient, none of them 0. */
export type Polynomial = ReadonlyMap<string, number>

const refuse = (dimension: Dimension, why: string): GraphError =>
  new GraphError({
    code: "graph.bad-dimension",
    message: `"${dimension}" is not a dimension: ${why}.`,
    fault: "bug",
  })

const addTerm = (terms: Map<string, number>, monomial: string, coefficient: number): void => {
  const sum = (terms.get(monomial) ?? 0) + coefficient
  if (sum === 0) terms.delete(monomial)
  else terms.set(monomial, sum)
}

const parsed = new Map<Dimension, Polynomial>()

const parse = (dimension: Dimension): Polynomial => {
  const terms = new Map<string, number>()
  if (typeof dimension === "number") {
    if (!Number.isSafeInteger(dimension) || dimension < 0) throw refuse(dimension, "it is no natural number")
    addTerm(terms, "", dimension)
    return terms
  }
  for (const term of dimension.replaceAll("-", "+-").split("+")) {
    const negative = term.startsWith("-")
    if (term === "" && dimension.startsWith("-")) continue
    let coefficient = negative ? -1 : 1
    const names: string[] = []
    for (const factor of (negative ? term.slice(1) : term).split("*")) {
      const text = factor.trim()
      if (/^\d{1,15}$/.test(text)) coefficient *= Number(text)
      else if (/^[A-Za-z_][\w.]*$/.test(text)) names.push(text)
      else throw refuse(dimension, `"${text}" is neither a number nor a name`)
    }
    addTerm(terms, names.sort().join("*"), coefficient)
  }
  return terms
}

/** The dimension as a sum of products of names. */
export const polynomial = (dimension: Dimension): Polynomial => {
  const known = parsed.get(dimension)
  if (known !== undefined) return known
  const terms = parse(dimension)
  if (parsed.size > 10_000) parsed.clear()
  parsed.set(dimension, terms)
  return terms
}

const print = (terms: Polynomial): Dimension => {
  if (terms.size === 0) return 0
  const constant = terms.get("")
  if (terms.size === 1 && constant !== undefined) return constant
  const names = [...terms.keys()].filter((name) => name !== "").sort()
  const words = names.map((name) => {
    const coefficient = terms.get(name)!
    return coefficient === 1 ? name : coefficient === -1 ? `-${name}` : `${coefficient}*${name}`
  })
  if (constant !== undefined) words.push(String(constant))
  return words.join("+").replaceAll("+-", "-")
}

/** `a + sign · b`. */
const combine = (a: Dimension, b: Dimension, sign: 1 | -1): Dimension => {
  if (typeof a === "number" && typeof b === "number") return a + sign * b
  const terms = new Map(polynomial(a))
  for (const [name, coefficient] of polynomial(b)) addTerm(terms, name, sign * coefficient)
  return print(terms)
}

export const addDimensions = (...dimensions: readonly Dimension[]): Dimension =>
  dimensions.reduce((sum, dimension) => combine(sum, dimension, 1), 0)

export const multiplyDimensions = (...dimensions: readonly Dimension[]): Dimension =>
  dimensions.reduce((product, dimension) => {
    if (typeof product === "number" && typeof dimension === "number") return product * dimension
    const terms = new Map<string, number>()
    for (const [a, x] of polynomial(product))
      for (const [b, y] of polynomial(dimension)) {
        const names = [...a.split("*"), ...b.split("*")].filter((name) => name !== "")
        addTerm(terms, names.sort().join("*"), x * y)
      }
    return print(terms)
  }, 1 as Dimension)

/** Whether two dimensions are equal whatever their names stand for. */
export const sameDimension = (a: Dimension, b: Dimension): boolean => a === b || combine(a, b, -1) === 0

export const sameShape = (a: readonly Dimension[], b: readonly Dimension[]): boolean =>
  a.length === b.length && a.every((dimension, i) => sameDimension(dimension, b[i]!))

/**
 * The dimension with names replaced by numbers.
 *
 * @throws GraphError for a name that stands for nothing.
 */
export const evaluateDimension = (dimension: Dimension, names: ReadonlyMap<string, number>): number => {
  if (typeof dimension === "number") return dimension
  let sum = 0
  for (const [monomial, coefficient] of polynomial(dimension)) {
    let product = coefficient
    for (const name of monomial === "" ? [] : monomial.split("*")) {
      const value = names.get(name)
      if (value === undefined) throw refuse(dimension, `nothing says what "${name}" is`)
      product *= value
    }
    sum += product
  }
  return sum
}

/** Whether a dimension is one bare name. */
export const isName = (dimension: Dimension): dimension is string =>
  typeof dimension === "string" && /^[A-Za-z_][\w.]*$/.test(dimension)

/** The dimension with some names replaced by other dimensions. */
export const substituteDimension = (
  dimension: Dimension,
  names: ReadonlyMap<string, Dimension>,
): Dimension => {
  if (typeof dimension === "number" || names.size === 0) return dimension
  let sum: Dimension = 0
  for (const [monomial, coefficient] of polynomial(dimension)) {
    const factors = monomial === "" ? [] : monomial.split("*").map((name) => names.get(name) ?? name)
    sum = combine(sum, multiplyDimensions(Math.abs(coefficient), ...factors), coefficient < 0 ? -1 : 1)
  }
  return sum
}
