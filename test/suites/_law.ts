import type { Purpose, VerifyInput } from "@parade/core"

type Uniform = VerifyInput["uniform"]

interface Run<A> {
  readonly result: A
  /** The numbers asked for, each once, in the order of the first asking. */
  readonly asked: readonly string[]
}

const nameOf = (purpose: Purpose, position: number, attempt = 0): string =>
  `${purpose}/${position}/${attempt}`

const runWith = <A>(
  program: (uniform: Uniform) => A,
  known: ReadonlyMap<string, number>,
  rest: number,
): Run<A> => {
  const asked: string[] = []
  const result = program((purpose, position, attempt) => {
    const name = nameOf(purpose, position, attempt)
    if (!asked.includes(name)) asked.push(name)
    return known.get(name) ?? rest
  })
  return { result, asked }
}

/** What the numbers not yet fixed are set to, to tell two values of the one in question apart. */
const probes = [0.37, 0.81]
const cells = 8
const finest = 2 ** -44

/** The borders in [0, 1) between which `look` gives one answer each, found by halving. */
const borders = (look: (u: number) => string): readonly number[] => {
  const found: number[] = []
  const split = (from: number, before: string, to: number, after: string): void => {
    if (before === after) return
    if (to - from <= finest) return void found.push(to)
    const middle = (from + to) / 2
    const between = look(middle)
    split(from, before, middle, between)
    split(middle, between, to, after)
  }
  const points = Array.from({ length: cells + 1 }, (_, i) => Math.min(i / cells, 1 - 2 ** -53))
  for (let i = 0; i < cells; i++) split(points[i]!, look(points[i]!), points[i + 1]!, look(points[i + 1]!))
  return found
}

/**
 * Every result of a program that takes chances by keyed uniform numbers, with its probability: the exact law, found
 * without knowing how the program uses them, as long as its result changes at finitely many values of each.
 */
export const lawOf = <A>(program: (uniform: Uniform) => A): readonly (readonly [A, number])[] => {
  const law: (readonly [A, number])[] = []
  const visit = (known: ReadonlyMap<string, number>, probability: number): void => {
    const { result, asked } = runWith(program, known, probes[0]!)
    const next = asked.find((name) => !known.has(name))
    if (next === undefined) return void law.push([result, probability])
    const look = (u: number): string =>
      JSON.stringify(probes.map((rest) => runWith(program, new Map(known).set(next, u), rest)))
    const edges = [0, ...borders(look), 1]
    for (let i = 1; i < edges.length; i++) {
      const width = edges[i]! - edges[i - 1]!
      if (width > finest) visit(new Map(known).set(next, edges[i - 1]! + width / 2), probability * width)
    }
  }
  visit(new Map(), 1)
  return law
}
