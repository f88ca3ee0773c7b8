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
  type Draft,
  type DraftPlan,
  noReadings,
  type Readings,
  type TargetUse,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import { naiveCache } from "../caches/naive-cache.ts"

/** A vector that enters a model behind its first layer. */
export interface EnteredRow {
  readonly layer: number
  readonly vector: Float32Array
}

/** A row by what it sees, itself last: tokens, or vectors in their places; last those that enter at a later layer. */
export type RowPath = readonly (number | Float32Array | EnteredRow)[]

const layerOf = (row: RowPath[number]): number => (typeof row === "object" && "layer" in row ? row.layer : 0)

/** The vectors of a path that enter at the first layer. */
const vectorsOf = (path: RowPath): readonly number[] =>
  path.flatMap((row) => (row instanceof Float32Array ? [...row] : []))

/** Outputs at the last row of a path, forwarded alone in a cache of its own, a layer range at a time. */
const readAlone = (
  model: Model,
  names: readonly string[],
  path: RowPath,
): Effect.Effect<Readonly<Record<string, Float32Array>>, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* naiveCache.make(yield* model.makeStore)
      const entries = [...new Set(path.map(layerOf))].sort((a, b) => a - b)
      const read: Record<string, Float32Array> = {}
      let streams: number[] = []
      for (const [i, from] of entries.entries()) {
        const to = entries[i + 1] ?? model.info.layers
        const rows = path.filter((row) => layerOf(row) <= from)
        const entering = path.flatMap((row) =>
          from > 0 && layerOf(row) === from ? [...(row as EnteredRow).vector] : [],
        )
        const vectors = from === 0 ? vectorsOf(rows) : [...streams, ...entering]
        const here = names.filter((name) => {
          const layer = Number(/^hidden\.(\d+)$/.exec(name)?.[1] ?? model.info.layers)
          return rows.length === path.length && layer >= from && (layer < to || to === model.info.layers)
        })
        const state = `hidden.${to}`
        const all = { name: state, rows: [...rows.keys()] }
        const result = yield* model.forward(
          {
            tokens: Int32Array.from(rows, (row) => (from === 0 && typeof row === "number" ? row : -1)),
            positions: Int32Array.from(rows.keys()),
            labels: new Int32Array(rows.length).fill(Label.output),
            ...(vectors.length === 0 ? {} : { vectors: Float32Array.from(vectors) }),
          },
          {
            cache,
            outputs: [
              ...here.map((name) => ({ name, rows: [rows.length - 1] })),
              ...(to < model.info.layers ? [all] : []),
            ],
            phase: "step",
            ...(entries.length === 1 ? {} : { layers: [from, to] as const }),
          },
        )
        for (const name of here) read[name] = result[name]!.row(0).slice()
        if (to < model.info.layers) streams = all.rows.flatMap((row) => [...result[state]!.row(row)])
      }
      return read
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

/** The vectors that enter behind the first layer, as a draft makes them of rows that were each forwarded alone. */
type Enter = NonNullable<Draft["enter"]>

/** The paths of a plan's nodes and auxiliary rows after a text. */
const pathsOf = (
  model: Model,
  text: readonly number[],
  plan: DraftPlan,
  enter: Enter | undefined,
): Effect.Effect<readonly RowPath[], DecodeFailure> =>
  Effect.gen(function* () {
    const paths: RowPath[] = []
    const after = (parent: number): RowPath => (parent < 0 ? text : paths[parent]!)
    const nodes = plan.tokens.length
    for (let node = 0; node < nodes; node++) paths.push([...after(plan.parents[node]!), plan.tokens[node]!])
    const {
      tokens,
      parents,
      vectors,
      layers = [],
    }: AuxiliaryRows = plan.auxiliary ?? { tokens: [], parents: [] }
    const layerAt = (row: number): number => layers[row] ?? 0
    const count = Array.from(tokens).filter((token, row) => token === -1 && layerAt(row) === 0).length
    const width = (vectors?.length ?? 0) / Math.max(1, count)
    for (let row = 0, next = 0; row < tokens.length;) {
      const layer = layerAt(row)
      if (layer === 0) {
        const content = tokens[row] === -1 ? vectors!.subarray(next, (next += width)) : tokens[row]!
        paths.push([...after(parents[row]!), content])
        row++
        continue
      }
      let to = row
      while (to < tokens.length && layerAt(to) === layer) to++
      const name = `hidden.${layer}`
      const states = (yield* read(model, [name], [text, ...paths]))[name]!
      const made = yield* enter!({ layer, plan, from: row, to, states })
      for (const from = row; row < to; row++) {
        const own = made.slice((row - from) * model.info.width, (row - from + 1) * model.info.width)
        paths.push([...after(parents[row]!), { layer, vector: own }])
      }
    }
    return paths
  })

/** What a drafter reads of a round after `text`, whose last token was its only one outstanding. */
export const readRound = (
  model: Model,
  use: TargetUse | undefined,
  text: readonly number[],
  plan: DraftPlan,
  { accepted }: Verdict,
  enter?: Enter,
): Effect.Effect<Readings, DecodeFailure> =>
  Effect.gen(function* () {
    const paths = yield* pathsOf(model, text, plan, enter)
    const nodes = plan.tokens.length
    const kept = [text, ...accepted.map((node) => paths[node]!)]
    return {
      committed: yield* read(model, use?.committed, kept),
      newest: yield* read(model, use?.newest, kept.slice(-1)),
      proposals: yield* read(model, use?.proposals, paths.slice(0, nodes)),
      auxiliary: yield* read(model, use?.auxiliary, paths.slice(nodes)),
    }
  })
