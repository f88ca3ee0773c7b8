/** What stands between two numbers. */
export type Operator = "+" | "-" | "*"

/** Numbers with operators between them: one operator fewer than numbers. */
export interface Expression {
  readonly numbers: readonly number[]
  readonly operators: readonly Operator[]
}

const apply: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
}

/** As a formula without spaces: `12+3*4`. */
export const formula = ({ numbers, operators }: Expression): string =>
  numbers.map((number, i) => (i === 0 ? "" : operators[i - 1]!) + String(number)).join("")

/** The expression after one step: the first product, or else the first operation, is carried out. */
const reduced = ({ numbers, operators }: Expression): Expression => {
  const at = Math.max(0, operators.indexOf("*"))
  const value = apply[operators[at]!](numbers[at]!, numbers[at + 1]!)
  return { numbers: numbers.toSpliced(at, 2, value), operators: operators.toSpliced(at, 1) }
}

/** What becomes of an expression step by step; the last is its value. */
export const steps = (expression: Expression): readonly Expression[] => {
  const all: Expression[] = []
  let rest = expression
  while (rest.operators.length > 0) all.push((rest = reduced(rest)))
  return all
}

/** Its value; products before sums, from left to right. */
export const valueOf = (expression: Expression): number => steps(expression).at(-1)!.numbers[0]!
