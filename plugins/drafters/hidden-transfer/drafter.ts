import { type DecodeFailure, type DeviceError } from "@parade/core"
import {
  type AuxiliaryRows,
  type Draft,
  type DraftBudget,
  type DraftContext,
  type DraftPlan,
  type Drafter,
  emptyTree,
  nextGuesses,
  type EnteringRows,
  shallow,
  type TargetUse,
  withinBudget,
  trainedFor,
} from "@parade/drafting"
import { type Device, tensor, type Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { chooseTree, type PseudoTree } from "./choose-tree.ts"
import { mapsGraph } from "./map-graph.ts"
import type { TransferMaps } from "./maps.ts"

/** What Hidden Transfer takes of its target: pseudo states enter it behind `layer` layers, and their logits are read. */
export const usesAt = (layer: number): TargetUse => ({ auxiliary: ["logits"], enters: [layer] })

/** `count` pseudo states one behind the other on each of these rows; `-1` is the newest token. */
const pseudoRows = (
  carriers: readonly number[],
  nodes: number,
  count: number,
  layer: number,
): AuxiliaryRows => {
  const parents = carriers.flatMap((carrier, i) =>
    Array.from({ length: count }, (_, step) => (step === 0 ? carrier : nodes + i * count + step - 1)),
  )
  return { tokens: parents.map(() => -1), parents, layers: parents.map(() => layer) }
}

/** A round's rows: the tree with the guesses in the places of its ranks, and pseudo states. */
const pseudoPlan = (
  { accuracy, layer }: TransferMaps,
  chosen: PseudoTree,
  guesses: readonly Int32Array[],
): DraftPlan => {
  const { parents, levels, ranks } = shallow(chosen.tree, guesses.length)
  // A tree of fewer levels keeps its nodes in their order.
  const kept = chosen.carries.filter((_, node) => chosen.tree.levels[node]! <= guesses.length)
  const carriers = [-1, ...kept.flatMap((carries, node) => (carries ? [node] : []))]
  return {
    tokens: ranks.map((rank, node) => guesses[levels[node]! - 1]![rank]!),
    parents,
    confidence: ranks.map((rank, node) => accuracy[levels[node]! - 1]![rank]!),
    auxiliary: pseudoRows(carriers, ranks.length, chosen.steps, layer),
  }
}

/** Of every pseudo state, the row it is made of (`-1` the newest token) and which one of it it is, from 0. */
const originsOf = ({ tokens, auxiliary }: DraftPlan): readonly (readonly [node: number, step: number])[] => {
  const origins: [number, number][] = []
  for (const parent of Array.from(auxiliary!.parents)) {
    const above = parent < tokens.length ? undefined : origins[parent - tokens.length]!
    origins.push(above === undefined ? [parent, 0] : [above[0], above[1] + 1])
  }
  return origins
}

/** `[S, width]` → `[S, k, width]`. */
type Transfer = (states: Float32Array) => Effect.Effect<Float32Array, DeviceError>

const enterWith =
  ({ width, weights }: TransferMaps, transfer: Transfer) =>
  ({ plan, from, to, states }: EnteringRows): Effect.Effect<Float32Array, DecodeFailure> => {
    const origins = originsOf(plan).slice(from, to)
    const nodes = [...new Set(origins.map(([node]) => node))]
    const some = new Float32Array(nodes.length * width)
    for (const [i, node] of nodes.entries()) some.set(states.row(1 + node), i * width)
    return Effect.map(transfer(some), (pseudo) => {
      const vectors = new Float32Array(origins.length * width)
      for (const [row, [node, step]] of origins.entries()) {
        const at = (nodes.indexOf(node) * weights.length + step) * width
        vectors.set(pseudo.subarray(at, at + width), row * width)
      }
      return vectors
    })
  }

const openDraft = (maps: TransferMaps, rows: number, transfer: Transfer, context: DraftContext): Draft => {
  const { cost, history, target } = context
  const { accuracy, layer } = maps
  const { layers } = target.info
  const length = history.length
  const chosen = new Map<number, PseudoTree | undefined>()
  const treeWithin = (nodes: number): PseudoTree | undefined => {
    const upperShare = (layers - layer) / layers
    const limits = { nodes, rows, upperShare, cost, context: length }
    if (!chosen.has(nodes)) chosen.set(nodes, chooseTree(accuracy, limits))
    return chosen.get(nodes)
  }
  /** The likeliest tokens of each level below the newest token, and the tokens there were when they were read. */
  let guesses: readonly Int32Array[] = []
  let guessedAt = 0
  return {
    plan: (budget: DraftBudget) =>
      Effect.sync(() => {
        const tree = budget.nodes < 1 || budget.depth < 1 ? undefined : treeWithin(budget.nodes)
        if (guessedAt !== history.length) guesses = []
        return tree === undefined ? emptyTree : withinBudget(pseudoPlan(maps, tree, guesses), budget)
      }),
    enter: enterWith(maps, transfer),
    observe: (outcome) =>
      Effect.sync(() => {
        guesses = nextGuesses(outcome, guesses, accuracy)
        guessedAt = history.length
      }),
  }
}

/**
 * Hidden Transfer (Wu et al. 2024): the state that a row has behind `t` layers is sent through one map per future step; the
 * results, pseudo states of tokens that are not known yet, pass the remaining layers as rows of their own and see the
 * text, their row and one another. What the LM head says of those of the last accepted row fills the tree of the next round.
 * `rows`: nodes and pseudo states, at most.
 */
export const hiddenTransfer = (
  maps: TransferMaps,
  device: Device,
  rows: number,
): Effect.Effect<Drafter, DeviceError, Scope> =>
  Effect.gen(function* () {
    const { width, layer, weights } = maps
    const graph = mapsGraph(weights, width, { kind: device.lowering, without: device.without })
    // A graph this small is refused by no device; what a session cannot do, it says as a failure of the device.
    const program = yield* Effect.catchTag(device.compile(graph), "GraphError", Effect.die)
    const transfer: Transfer = (states) =>
      Effect.map(
        program.run({ states: tensor("float32", [states.length / width, width], states) }, [
          { name: "pseudo" },
        ]),
        ({ pseudo }) => (pseudo as Tensor<"float32">).data,
      )
    return {
      name: "@parade/hidden-transfer",
      proposes: ["point"],
      ...trainedFor(maps),
      width,
      uses: usesAt(layer),
      work: `${weights.length} maps of ${width}`,
      accuracy: maps.accuracy,
      open: (context) => Effect.sync(() => openDraft(maps, rows, transfer, context)),
    }
  })
