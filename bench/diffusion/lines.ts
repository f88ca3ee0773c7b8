import { median } from "../../cli/bench/statistics.ts"
import type { Answer } from "./measure.ts"

/** What a method reached on a task at one setting. */
export interface Line {
  readonly task: string
  readonly method: string
  readonly setting: string
  readonly answers: number
  readonly accuracy: number
  /** The standard error of the accuracy. */
  readonly error: number
  readonly forwards: number
  readonly tokensPerForward: number
  readonly rows: number
  readonly tokensPerSecond: number
  /** Time of the baseline over its own, the median over examples. */
  readonly speedup: number
  /** Whether no other is better in one of accuracy and tokens per forward without being worse in the other. */
  readonly isFrontier: boolean
}

export interface Labels {
  readonly task: string
  readonly methods: readonly { readonly method: string; readonly setting: string }[]
}

const sum = (answers: readonly Answer[], value: (answer: Answer) => number): number =>
  answers.reduce((total, answer) => total + value(answer), 0)

const lineOf = (
  { methods, task }: Labels,
  index: number,
  own: readonly Answer[],
  base: readonly Answer[],
): Omit<Line, "isFrontier"> => {
  const accuracy = sum(own, ({ correct }) => Number(correct)) / own.length
  const times = new Map(base.map(({ example, milliseconds }) => [example, milliseconds]))
  return {
    task,
    method: methods[index]!.method,
    setting: methods[index]!.setting,
    answers: own.length,
    accuracy,
    error: Math.sqrt((accuracy * (1 - accuracy)) / own.length),
    forwards: sum(own, ({ forwards }) => forwards) / own.length,
    tokensPerForward: sum(own, ({ tokens }) => tokens) / sum(own, ({ forwards }) => forwards),
    rows: sum(own, ({ rows }) => rows) / own.length,
    tokensPerSecond: median(own.map(({ tokens, milliseconds }) => (1000 * tokens) / milliseconds)),
    speedup: median(own.map(({ example, milliseconds }) => times.get(example)! / milliseconds)),
  }
}

const withFrontier = (lines: readonly Omit<Line, "isFrontier">[]): readonly Line[] =>
  lines.map((line) => ({
    ...line,
    isFrontier: !lines.some(
      (other) =>
        other.accuracy >= line.accuracy &&
        other.tokensPerForward >= line.tokensPerForward &&
        (other.accuracy > line.accuracy || other.tokensPerForward > line.tokensPerForward),
    ),
  }))

/** The lines of a task, in the order of the methods; the first method is the baseline. */
export const linesOf = (answers: readonly Answer[], labels: Labels): readonly Line[] => {
  const of = (index: number): readonly Answer[] => answers.filter(({ method }) => method === index)
  return withFrontier(labels.methods.map((_, index) => lineOf(labels, index, of(index), of(0))))
}

/** Bits that the answers lose at best when drawn at once, on average; `undefined` where nobody tells. */
export const meanCorrelation = (answers: readonly Answer[]): number | undefined => {
  const bits = answers.filter(({ method }) => method === 0).map(({ correlation }) => correlation)
  return bits.length === 0 || bits.includes(undefined)
    ? undefined
    : bits.reduce<number>((total, value) => total + value!, 0) / bits.length
}
