import {
  type Cache,
  type CacheFactory,
  type DecodeFailure,
  type DeviceError,
  firstRows,
  largest,
  type Model,
  type ModelError,
  type OutputRows,
  type ParadeError,
} from "@parade/core"
import {
  type Draft,
  type DraftBudget,
  type DraftContext,
  type DraftPlan,
  type Drafter,
  emptyTree,
  sparseTree,
  type SparseTree,
  type TargetUse,
  trainedFor,
  worthwhileSize,
} from "@parade/drafting"
import type { Device } from "@parade/graph"
import type { Attention } from "@parade/layers"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { chooseTree, type ChosenTree } from "./choose-tree.ts"
import { type ChimeraNetwork, openNetwork } from "./network.ts"
import { type TrigramCache, trigramCache } from "./trigram-cache.ts"
import { trigramAt } from "./trigram-encoder.ts"
import type { ChimeraWeights } from "./weights.ts"

/** What Chimera takes of its target: the states of all committed rows, and the LM head. */
export const uses: TargetUse = { committed: ["hidden.final"], head: true }

/** Rows of true states that pass the block at once. */
const chunk = 256

/** What a drafter is made of. */
export interface ChimeraParts {
  readonly attention: Attention
  /** Where the block keeps its keys and values of true states. */
  readonly cache: CacheFactory
  readonly device: Device
}

/** How a drafter drafts. */
export interface ChimeraSettings {
  /** Nodes of the tree, at most. */
  readonly nodes: number
  /** The chance of a node and all above it from which on it is drafted under; of a drafter with a vocabulary of its own. */
  readonly least: number
}

interface Opened extends ChimeraSettings {
  readonly chimera: ChimeraWeights
  readonly network: ChimeraNetwork
  readonly trigrams: TrigramCache
  readonly tree: SparseTree
  readonly cache: Cache
  readonly context: DraftContext
}

/** A true state and where its token stands. */
interface State {
  readonly vector: Float32Array
  readonly position: number
}

/** Side by side: the newest true state before each estimate. */
const paired = (state: Float32Array, estimates: Float32Array): Float32Array => {
  const width = state.length
  const pairs = new Float32Array(2 * estimates.length)
  for (let i = 0; i < estimates.length; i += width) {
    pairs.set(state, 2 * i)
    pairs.set(estimates.subarray(i, i + width), 2 * i + width)
  }
  return pairs
}

/** The nodes of the greatest values, at most so many, the greatest first; of equal ones the earlier. */
const likeliestOf = (values: readonly number[], nodes: readonly number[], most: number): readonly number[] =>
  nodes.toSorted((a, b) => values[b]! - values[a]! || a - b).slice(0, most)

const openDraft = (opened: Opened): Draft => {
  const { chimera, network, trigrams, tree: whole, cache, context, nodes: most, least } = opened
  const { block, heads } = network
  const levelCount = chimera.accuracy.length
  const { history, target, cost } = context
  const { width } = chimera.block
  const opening = history.length
  /** True states that the block has not seen yet; the last is the newest. What passed while the drafter rested is missing. */
  let fresh: State[] = []
  let newest: State | undefined
  let counted = { draftForwards: 0, draftRows: 0 }

  /** `end`: the position behind the last of them. */
  const take = (states: OutputRows | undefined, end: number): void => {
    const count = states?.count ?? 0
    for (let row = 0; row < count; row++) {
      const vector = chimera.without === "states" ? new Float32Array(width) : states!.row(row).slice()
      newest = { vector, position: end - count + row }
      fresh.push(newest)
    }
  }
  take(context.prompt.committed["hidden.final"], history.promptLength)

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

  /** Lets the block see true states until few are left, which ride along with the first level. */
  const absorb: Effect.Effect<void, DecodeFailure> = Effect.gen(function* () {
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
  })

  /** A tree as it grows under the newest token. */
  interface Growing {
    readonly tokens: readonly number[] | Int32Array
    readonly parents: readonly number[]
    readonly levels: readonly number[]
    /** `o` of the nodes drafted under so far; `-1` is the newest token. */
    readonly estimates: Map<number, Float32Array>
  }

  /** The estimates `o` `[frontier, d]` at nodes, each from those above it. */
  const estimated = (
    { tokens, parents, levels, estimates }: Growing,
    frontier: readonly number[],
    root: number,
  ): Effect.Effect<Float32Array, DecodeFailure> =>
    Effect.gen(function* () {
      const levelOf = (node: number): number => (node < 0 ? 0 : levels[node]!)
      const pathTo = (node: number): number[] => (node < 0 ? [] : [...pathTo(parents[node]!), tokens[node]!])
      const recent = history.tokens.slice(Math.max(0, root - 2), root + 1)
      const g = yield* trigrams.vectors(
        frontier.map((node) => {
          const text = [...recent, ...pathTo(node)]
          return trigramAt(text, text.length - 1)
        }),
      )
      const rows = fresh.map(({ vector }) => vector)
      const seen = rows.map((_, i) => i - 1)
      const positions = fresh.map(({ position: place }) => place)
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
      for (const [i, node] of frontier.entries()) estimates.set(node, o.subarray(i * width, (i + 1) * width))
      return o
    })

  /** Drafts the nodes of a tree level by level. */
  const grow = (
    { tree, nodes, depth }: ChosenTree,
    { vector: state, position }: State,
  ): Effect.Effect<DraftPlan, DecodeFailure> =>
    Effect.gen(function* () {
      yield* absorb
      const { parents, levels, ranks } = tree
      const tokens = new Int32Array(nodes)
      const growing: Growing = { tokens, parents, levels, estimates: new Map() }
      for (let level = 1; level <= depth; level++) {
        const children = Array.from({ length: nodes }, (_, node) => node).filter(
          (node) => levels[node] === level,
        )
        const frontier = [...new Set(children.map((node) => parents[node]!))]
        const o = yield* estimated(growing, frontier, position + 1)
        const logits = yield* Effect.flatMap(heads[level - 1]!(paired(state, o)), target.head!)
        for (const [i, parent] of frontier.entries()) {
          const own = children.filter((node) => parents[node] === parent)
          const most = own.reduce((a, node) => Math.max(a, ranks[node]!), 0)
          const guesses = largest(logits.row(i), most + 1)
          for (const node of own) tokens[node] = guesses[ranks[node]!]!
        }
      }
      return {
        tokens,
        parents: parents.slice(0, nodes),
        confidence: ranks.slice(0, nodes).map((rank, node) => chimera.accuracy[levels[node]! - 1]![rank]!),
      }
    })

  /**
   * Drafts by the chances that guesses are given, as Li et al. (2024, EAGLE-2) do: the likeliest nodes of each level are drafted under,
   * and of all that came out the likeliest are proposed.
   */
  const growLikeliest = (
    { nodes, depth }: DraftBudget,
    { vector: state, position }: State,
  ): Effect.Effect<DraftPlan, DecodeFailure> =>
    Effect.gen(function* () {
      yield* absorb
      const tokens: number[] = []
      const parents: number[] = []
      const levels: number[] = []
      const chances: number[] = []
      /** Of a node and all above it. */
      const values: number[] = []
      const growing: Growing = { tokens, parents, levels, estimates: new Map() }
      let frontier: readonly number[] = [-1]
      let level = 0
      while (level < depth && frontier.length > 0) {
        const found = yield* network.guesses[level]!(
          paired(state, yield* estimated(growing, frontier, position + 1)),
        )
        level++
        const first = tokens.length
        for (const [i, parent] of frontier.entries())
          for (const [rank, token] of found.tokens[i]!.entries()) {
            const chance = found.chances[i]![rank]!
            tokens.push(token)
            parents.push(parent)
            levels.push(level)
            chances.push(chance)
            values.push(parent < 0 ? chance : values[parent]! * chance)
          }
        const fresh = Array.from({ length: tokens.length - first }, (_, i) => first + i)
        frontier = likeliestOf(values, fresh, nodes).filter((node) => values[node]! >= least)
      }
      const order = likeliestOf(
        values,
        values.map((_, node) => node),
        nodes,
      )
      const drafted = (n: number): number => cost.drafted(1 + n, level, opening)
      const count = worthwhileSize({ values: order.map((node) => values[node]!) }, nodes, drafted)
      const sent = order.slice(0, count)
      const place = new Map([[-1, -1], ...sent.map((node, i) => [node, i] as const)])
      return {
        tokens: sent.map((node) => tokens[node]!),
        parents: sent.map((node) => place.get(parents[node]!)!),
        confidence: sent.map((node) => chances[node]!),
      }
    })

  return {
    plan: (budget) =>
      Effect.suspend((): Effect.Effect<DraftPlan, DecodeFailure> => {
        // A trigram ends with the newest token, which is the only one that has no state; after a rest there are others.
        if (newest === undefined || history.length !== newest.position + 2) return Effect.succeed(emptyTree)
        const state = newest
        const limits = {
          ...budget,
          nodes: Math.min(budget.nodes, most),
          depth: Math.min(budget.depth, levelCount, block.info.contextLength - history.length + 1),
        }
        if (network.guesses.length > 0)
          return limits.nodes < 1 || limits.depth < 1
            ? Effect.succeed(emptyTree)
            : growLikeliest(limits, state)
        const chosen = chooseTree(whole, limits, (nodes, levels) =>
          nodes === 0 ? cost.plain(opening) : cost.drafted(1 + nodes, levels, opening),
        )
        return chosen === undefined ? Effect.succeed(emptyTree) : grow(chosen, state)
      }),
    observe: ({ readings, verdict }) =>
      Effect.sync(() => take(readings.committed["hidden.final"], history.length - verdict.appended.length)),
    counters: () => {
      const now = counted
      counted = { draftForwards: 0, draftRows: 0 }
      return now
    },
  }
}

/** The vectors of a target's trigrams, of at most `limit`. */
const trigramsOf = (
  { encode }: ChimeraNetwork,
  { without, block: { width } }: ChimeraWeights,
  limit: number,
  target: Model,
): TrigramCache =>
  trigramCache(
    (trigrams): Effect.Effect<Float32Array, ModelError | DeviceError> =>
      without === "trigrams"
        ? Effect.succeed(new Float32Array(trigrams.length * width))
        : Effect.flatMap(target.embed(Int32Array.from(trigrams.flat())), encode),
    width,
    limit,
  )

/**
 * Chimera: one block over the vectors of token trigrams and the target's last hidden states of all committed tokens estimates
 * the state at a drafted token, from which a head per level guesses the next; so later drafts know earlier ones. `trigrams`: vectors
 * kept, at most.
 */
export const chimera = (
  weights: ChimeraWeights,
  { attention, cache: caches, device }: ChimeraParts,
  { trigrams: limit, ...settings }: ChimeraSettings & { readonly trigrams: number },
): Effect.Effect<Drafter, ParadeError, Scope> =>
  Effect.gen(function* () {
    const network = yield* openNetwork(weights, attention, device)
    const { width } = weights.block
    const tree = sparseTree(weights.accuracy, settings.nodes)
    const known = new WeakMap<Model, TrigramCache>()
    return {
      name: "@parade/chimera",
      proposes: ["point"],
      ...trainedFor(weights),
      width,
      uses: weights.draft === undefined ? uses : { ...uses, head: false },
      work: `${weights.accuracy.length} levels of a block of ${width} on ${weights.draft?.tokens.length ?? "all"} tokens`,
      accuracy: weights.accuracy,
      open: (context) =>
        Effect.gen(function* () {
          const { target } = context
          const cache = yield* caches.make(yield* network.block.makeStore)
          const trigrams = known.get(target) ?? trigramsOf(network, weights, limit, target)
          known.set(target, trigrams)
          return openDraft({ chimera: weights, network, trigrams, tree, cache, context, ...settings })
        }),
    }
  })
