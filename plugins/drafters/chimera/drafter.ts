import {
  type Cache,
  type CacheFactory,
  type DecodeFailure,
  type DeviceError,
  type Model,
  type ModelError,
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
} from "@parade/drafting"
import type { Device } from "@parade/graph"
import type { Attention } from "@parade/layers"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { chooseTree, type RoundCost } from "./choose-tree.ts"
import { contextEncoder } from "./context-encoder.ts"
import { growLikeliest } from "./grow-likeliest.ts"
import { growTree } from "./grow-tree.ts"
import { type ChimeraNetwork, openNetwork } from "./network.ts"
import { type TrigramCache, trigramCache } from "./trigram-cache.ts"
import type { ChimeraWeights } from "./weights.ts"

/** What Chimera takes of its target: the states of all committed rows, and the LM head. */
export const uses: TargetUse = { committed: ["hidden.final"], head: true }

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

const openDraft = (opened: Opened): Draft => {
  const { chimera, network, trigrams, tree: whole, cache, context, nodes: most, least } = opened
  const { block, heads, guesses } = network
  const { accuracy } = chimera
  const { width } = chimera.block
  const { history, target, cost } = context
  const opening = history.length
  const isBlind = chimera.without === "states"
  const encoder = contextEncoder({ block, width, cache, trigrams, history, isBlind })
  encoder.take(context.prompt.committed["hidden.final"], history.promptLength)
  const roundCost: RoundCost = (nodes, levels) =>
    nodes === 0 && levels === 0 ? cost.plain(opening) : cost.drafted(1 + nodes, levels, opening)
  const plan = (budget: DraftBudget): Effect.Effect<DraftPlan, DecodeFailure> => {
    const newest = encoder.newest()
    // A trigram ends with the newest token, which is the only one that has no state; after a rest there are others.
    if (newest === undefined || history.length !== newest.position + 2) return Effect.succeed(emptyTree)
    const limits = {
      ...budget,
      nodes: Math.min(budget.nodes, most),
      depth: Math.min(budget.depth, accuracy.length, block.info.contextLength - history.length + 1),
    }
    if (guesses.length > 0)
      return limits.nodes < 1 || limits.depth < 1
        ? Effect.succeed(emptyTree)
        : growLikeliest({ encoder, guesses, least, cost: roundCost }, limits, newest)
    const chosen = chooseTree(whole, limits, roundCost)
    return chosen === undefined
      ? Effect.succeed(emptyTree)
      : growTree({ encoder, heads, head: target.head!, accuracy }, chosen, newest)
  }
  return {
    plan: (budget) => Effect.suspend(() => plan(budget)),
    observe: ({ readings, verdict }) =>
      Effect.sync(() =>
        encoder.take(readings.committed["hidden.final"], history.length - verdict.appended.length),
      ),
    counters: encoder.counters,
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
