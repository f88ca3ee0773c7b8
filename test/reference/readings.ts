import {
  type DecodeFailure,
  Label,
  type Model,
  type OutputRows,
  type Outputs,
  type Verdict,
} from "@parade/core"
import {
  type AuxiliaryRows,
  type DraftPlan,
  noReadings,
  type Readings,
  type TargetUse,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import { naiveCache } from "../caches/naive-cache.ts"

/** A row by what it sees, itself last: tokens, or vectors in their places. */
export type RowPath = readonly (number | Float32Array)[]

/** Outputs at the last row of a path, forwarded alone in a cache of its own. */
const readAlone = (
  model: Model,
  names: readonly string[],
  path: RowPath,
): Effect.Effect<Readonly<Record<string, Float32Array>>, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* naiveCache.make(yield* model.makeStore)
      const vectors = path.flatMap((row) => (typeof row === "number" ? [] : [...row]))
      const rows = {
        tokens: Int32Array.from(path, (row) => (typeof row === "number" ? row : -1)),
        positions: Int32Array.from(path.keys()),
        labels: new Int32Array(path.length).fill(Label.output),
        ...(vectors.length === 0 ? {} : { vectors: Float32Array.from(vectors) }),
      }
      const outputs = names.map((name) => ({ name, rows: [path.length - 1] }))
      const result = yield* model.forward(rows, { cache, outputs, phase: "step" })
      return Object.fromEntries(names.map((name) => [name, result[name]!.row(0).slice()]))
    }),
  )

const outputRows = (rows: readonly Float32Array[]): OutputRows => {
  const width = rows[0]?.length ?? 0
  const data = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) data.set(row, i * width)
  return { count: rows.length, width, data, row: (i) => data.subarray(i * width, (i + 1) * width) }
}

const read = (
  model: Model,
  names: readonly string[] | undefined,
  paths: readonly RowPath[],
): Effect.Effect<Outputs, DecodeFailure> =>
  Effect.gen(function* () {
    if (names === undefined || names.length === 0) return {}
    const rows: Readonly<Record<string, Float32Array>>[] = []
    for (const path of paths) rows.push(yield* readAlone(model, names, path))
    return Object.fromEntries(names.map((name) => [name, outputRows(rows.map((row) => row[name]!))]))
  })

/** What a drafter reads of a prompt, each row forwarded alone. */
export const readPrompt = (
  model: Model,
  use: TargetUse | undefined,
  prompt: ArrayLike<number>,
): Effect.Effect<Readings, DecodeFailure> =>
  Effect.gen(function* () {
    const whole = Array.from(prompt)
    const paths = Array.from(whole, (_, end) => whole.slice(0, end + 1))
    return {
      ...noReadings,
      committed: yield* read(model, use?.committed, paths),
      newest: yield* read(model, use?.newest, [whole]),
    }
  })

/** The paths of a plan's nodes and auxiliary rows after a text. */
const pathsOf = (text: readonly number[], plan: DraftPlan): readonly RowPath[] => {
  const paths: RowPath[] = []
  const after = (parent: number): RowPath => (parent < 0 ? text : paths[parent]!)
  for (let node = 0; node < plan.tokens.length; node++)
    paths.push([...after(plan.parents[node]!), plan.tokens[node]!])
  const { tokens, parents, vectors }: AuxiliaryRows = plan.auxiliary ?? { tokens: [], parents: [] }
  const count = Array.from(tokens).filter((token) => token === -1).length
  const width = (vectors?.length ?? 0) / Math.max(1, count)
  for (let row = 0, next = 0; row < tokens.length; row++) {
    const content = tokens[row] === -1 ? vectors!.subarray(next, (next += width)) : tokens[row]!
    paths.push([...after(parents[row]!), content])
  }
  return paths
}

/** What a drafter reads of a round after `text`, whose last token was its only one outstanding. */
export const readRound = (
  model: Model,
  use: TargetUse | undefined,
  text: readonly number[],
  plan: DraftPlan,
  { accepted }: Verdict,
): Effect.Effect<Readings, DecodeFailure> =>
  Effect.gen(function* () {
    const paths = pathsOf(text, plan)
    const nodes = plan.tokens.length
    const kept = [text, ...accepted.map((node) => paths[node]!)]
    return {
      committed: yield* read(model, use?.committed, kept),
      newest: yield* read(model, use?.newest, kept.slice(-1)),
      proposals: yield* read(model, use?.proposals, paths.slice(0, nodes)),
      auxiliary: yield* read(model, use?.auxiliary, paths.slice(nodes)),
    }
  })
