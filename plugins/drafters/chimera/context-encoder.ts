import { type Cache, type DecodeFailure, firstRows, type Model, type OutputRows } from "@parade/core"
import type { DraftContext } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { TrigramCache } from "./trigram-cache.ts"
import { trigramAt } from "./trigram-encoder.ts"

/** Rows of true states that pass the block at once. */
const chunk = 256

/** A true state and where its token stands. */
export interface State {
  readonly vector: Float32Array
  readonly position: number
}

/** A tree as it grows under the newest token. */
export interface GrowingTree {
  readonly tokens: readonly number[] | Int32Array
  readonly parents: readonly number[]
  readonly levels: readonly number[]
  /** `o` of the nodes drafted under so far; `-1` is the newest token. */
  readonly estimates: Map<number, Float32Array>
}

/** The Full Context Encoder along a text: the block, and what it has seen. */
export interface ContextEncoder {
  /** The newest true state. */
  readonly newest: () => State | undefined
  /** True states of rows that have been committed; `end`: the position behind the last of them. */
  readonly take: (states: OutputRows | undefined, end: number) => void
  /** Lets the block see true states until few are left, which ride along with the first level. */
  readonly absorb: Effect.Effect<void, DecodeFailure>
  /** The estimates `o` `[frontier, d]` at nodes, each from those above it; `root`: the position of the newest token. */
  readonly estimate: (
    tree: GrowingTree,
    frontier: readonly number[],
    root: number,
  ) => Effect.Effect<Float32Array, DecodeFailure>
  /** Runs of the block and their rows since they were last asked for. */
  readonly counters: () => { readonly draftForwards: number; readonly draftRows: number }
}

/** What reads a text. */
export interface ContextEncoderParts {
  readonly block: Model
  readonly width: number
  readonly cache: Cache
  readonly trigrams: TrigramCache
  readonly history: DraftContext["history"]
  /** True states are taken for nothing: what the drafter would be without them. */
  readonly isBlind: boolean
}

/** An encoder that has seen nothing yet. */
export const contextEncoder = ({
  block,
  width,
  cache,
  trigrams,
  history,
  isBlind,
}: ContextEncoderParts): ContextEncoder => {
  /** True states that the block has not seen yet; the last is the newest. What passed while the drafter rested is missing. */
  let fresh: State[] = []
  let newest: State | undefined
  let counted = { draftForwards: 0, draftRows: 0 }

  /** Runs rows of vectors through the block; gives its estimates at the last `wanted` of them. */
  const forward = (
    rows: readonly Float32Array[],
    positions: readonly number[],
    parents: readonly number[],
    wanted: number,
  ): Effect.Effect<Float32Array, DecodeFailure> => {
    const vectors = new Float32Array(rows.length * width)
    for (const [i, row] of rows.entries()) vectors.set(row, i * width)
    counted = {
      draftForwards: counted.draftForwards + 1,
      draftRows: counted.draftRows + rows.length,
    }
    const result = block.forward(
      { tokens: new Int32Array(rows.length).fill(-1), vectors, positions: Int32Array.from(positions) },
      {
        cache,
        visibility: { rule: "tree", parents },
        outputs: [{ name: "hidden.final", rows: firstRows(wanted).map((i) => rows.length - wanted + i) }],
        phase: cache.length === 0 ? "prefill" : "step",
      },
    )
    return Effect.map(result, (outputs) => outputs["hidden.final"]!.data.slice(0, wanted * width))
  }

  return {
    newest: () => newest,
    take: (states, end) => {
      const count = states?.count ?? 0
      for (let row = 0; row < count; row++) {
        const vector = isBlind ? new Float32Array(width) : states!.row(row).slice()
        newest = { vector, position: end - count + row }
        fresh.push(newest)
      }
    },
    absorb: Effect.gen(function* () {
      while (fresh.length > chunk) {
        const rows = fresh.slice(0, chunk)
        yield* forward(
          rows.map(({ vector }) => vector),
          rows.map(({ position }) => position),
          rows.map((_, i) => i - 1),
          0,
        )
        yield* cache.commit(firstRows(chunk))
        fresh = fresh.slice(chunk)
      }
    }),
    estimate: ({ tokens, parents, levels, estimates }, frontier, root) =>
      Effect.gen(function* () {
        const levelOf = (node: number): number => (node < 0 ? 0 : levels[node]!)
        const pathTo = (node: number): number[] =>
          node < 0 ? [] : [...pathTo(parents[node]!), tokens[node]!]
        const recent = history.tokens.slice(Math.max(0, root - 2), root + 1)
        const g = yield* trigrams.vectors(
          frontier.map((node) => {
            const text = [...recent, ...pathTo(node)]
            return trigramAt(text, text.length - 1)
          }),
        )
        const rows = fresh.map(({ vector }) => vector)
        const seen = rows.map((_, i) => i - 1)
        const positions = fresh.map(({ position }) => position)
        const rowOf = new Map<number, number>()
        const behind = (node: number): number =>
          node < 0 ? fresh.length - 1 : (rowOf.get(parents[node]!) ?? fresh.length - 1)
        for (const [node, estimate] of estimates) {
          seen.push(behind(node))
          rowOf.set(node, rows.length)
          positions.push(root + levelOf(node))
          rows.push(estimate)
        }
        for (const [i, node] of frontier.entries()) {
          seen.push(behind(node))
          positions.push(root + levelOf(node))
          rows.push(g.subarray(i * width, (i + 1) * width))
        }
        const o = yield* forward(rows, positions, seen, frontier.length)
        if (fresh.length > 0) {
          yield* cache.commit(firstRows(fresh.length))
          fresh = []
        }
        for (const [i, node] of frontier.entries())
          estimates.set(node, o.subarray(i * width, (i + 1) * width))
        return o
      }),
    counters: () => {
      const now = counted
      counted = { draftForwards: 0, draftRows: 0 }
      return now
    },
  }
}
