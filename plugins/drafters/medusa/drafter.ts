import { type DecodeFailure, type DeviceError, largest, type Model } from "@parade/core"
import {
  type Accuracy,
  type Draft,
  type DraftBudget,
  type DraftContext,
  draftIds,
  type DraftPlan,
  type Drafter,
  emptyTree,
  shallow,
  type SparseTree,
  sparseTree,
  type TargetUse,
  worthwhileSize,
  trainedFor,
} from "@parade/drafting"
import { type Device, type Feed, tensor, type Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { embeddingOf, headsGraph, readsToken } from "./head-graph.ts"
import type { MedusaHeads } from "./heads.ts"

/** What Medusa takes of its target: the state the LM head reads, and the LM head. */
export const uses: TargetUse = { newest: ["hidden.final"], head: true }

/** What heads say of a state. */
interface Guesses {
  /** By head: its likeliest tokens. */
  readonly tokens: readonly ArrayLike<number>[]
  /** By head: the chances of these, where it can say them. */
  readonly chances?: Accuracy
}

/** After a state, and the token that followed it. */
type Guess = (hidden: Float32Array, newest: number) => Effect.Effect<Guesses, DecodeFailure>

/** The first nodes of a tree, with the heads' tokens in the places of ranks. */
const filled = (
  { parents, levels, ranks }: SparseTree,
  count: number,
  tokens: Guesses["tokens"],
  accuracy: Accuracy,
): DraftPlan => ({
  tokens: ranks.slice(0, count).map((rank, node) => tokens[levels[node]! - 1]![rank]!),
  parents: parents.slice(0, count),
  confidence: ranks.slice(0, count).map((rank, node) => accuracy[levels[node]! - 1]![rank]!),
})

interface OpenDraft {
  readonly heads: MedusaHeads
  readonly guess: Guess
  /** The tree by how often each rank was right. */
  readonly whole: SparseTree
  readonly settings: MedusaSettings
  readonly context: DraftContext
}

const openDraft = ({ heads, guess, whole, settings, context }: OpenDraft): Draft => {
  const { cost, history } = context
  let hidden = context.prompt.newest["hidden.final"]?.row(0)
  /** Tokens there were when it was read, and the newest one behind them. */
  let length = history.length
  const byDepth = new Map<number, SparseTree>()
  const treeFor = (depth: number): SparseTree => {
    const known = byDepth.get(depth) ?? shallow(whole, depth)
    byDepth.set(depth, known)
    return known
  }
  const levels = heads.weights.length
  const newest = (): number => history.tokens[history.length - 1]!
  type Planned = Effect.Effect<DraftPlan, DecodeFailure>
  const drafted = (nodes: number, depth: number): number => cost.drafted(1 + nodes, depth, length)
  const fixed = (state: Float32Array, { nodes, depth }: DraftBudget): Planned => {
    const tree = treeFor(Math.min(depth, levels))
    const count = worthwhileSize(tree, nodes, (n) => (n === 0 ? cost.plain(length) : drafted(n, depth)))
    if (count === 0) return Effect.succeed(emptyTree)
    return Effect.map(guess(state, newest()), ({ tokens }) => filled(tree, count, tokens, heads.accuracy))
  }
  /** What the heads cost is spent before it is known how sure they are. */
  const confident = (state: Float32Array, { nodes, depth }: DraftBudget): Planned =>
    nodes === 0 || depth === 0
      ? Effect.succeed(emptyTree)
      : Effect.map(guess(state, newest()), ({ tokens, chances = heads.accuracy }) => {
          const tree = sparseTree(chances.slice(0, depth), Math.min(nodes, settings.nodes))
          const count = worthwhileSize(tree, nodes, (n) => drafted(n, depth))
          return filled(tree, count, tokens, chances)
        })
  return {
    plan: (budget) =>
      Effect.suspend((): Planned => {
        // After a rest the state is of another token.
        if (hidden === undefined || length !== history.length) return Effect.succeed(emptyTree)
        return (settings.tree === "confident" ? confident : fixed)(hidden, budget)
      }),
    observe: ({ readings }) =>
      Effect.sync(() => {
        hidden = readings.newest["hidden.final"]?.row(0) ?? hidden
        length = history.length
      }),
  }
}

/** How the tree is made. */
export interface MedusaSettings {
  /** Nodes of the tree, at most. */
  readonly nodes: number
  /**
   * `fixed`: chosen once by how often each rank of each head was right (section 2.3.3). `confident`: chosen in every round by
   * the chances that heads give their tokens, as Li et al. (2024, EAGLE-2) choose theirs; of heads that say them.
   */
  readonly tree: "confident" | "fixed"
}

/**
 * Medusa (Cai et al. 2024): heads on the newest hidden state, head `k` guessing the token `k + 1` places on, their best
 * tokens combined into a tree.
 */
export const medusa = (
  heads: MedusaHeads,
  device: Device,
  { nodes, tree: wanted }: MedusaSettings,
): Effect.Effect<Drafter, DeviceError, Scope> =>
  Effect.gen(function* () {
    const { width, weights, draft, temperatures, accuracy } = heads
    const settings: MedusaSettings = { nodes, tree: temperatures === undefined ? "fixed" : wanted }
    const whole = sparseTree(accuracy, nodes)
    const most = accuracy.reduce((length, { length: ranks }) => Math.max(length, ranks), 0)
    const graph = headsGraph(heads, most, { kind: device.lowering, without: device.without })
    // A graph this small is refused by no device; what a session cannot do, it says as a failure of the device.
    const program = yield* Effect.catchTag(device.compile(graph), "GraphError", Effect.die)
    const fetches = (draft === undefined ? ["rows"] : ["places", "chances"]).map((name) => ({ name }))
    const ids = draft && draftIds(draft)
    const reads = readsToken(weights)
    const run = (
      hidden: Float32Array,
      newest: number,
    ): Effect.Effect<Readonly<Record<string, Feed>>, DeviceError> => {
      const row = (values: Float32Array): Tensor<"float32"> => tensor("float32", [1, width], values)
      const embedded = reads && row(embeddingOf(draft!, ids!.get(newest) ?? -1, width))
      return program.run({ hidden: row(hidden), ...(embedded && { embedded }) }, fetches)
    }
    const guessFor =
      (target: Model): Guess =>
      (hidden, newest) =>
        Effect.flatMap(run(hidden, newest), (made): ReturnType<Guess> => {
          if (draft === undefined)
            return Effect.map(target.head!((made["rows"] as Tensor<"float32">).data.slice()), (logits) => ({
              tokens: accuracy.map(({ length }, head) => largest(logits.row(head), length)),
            }))
          const { data: places, dims } = made["places"] as Tensor<"int64">
          const { data: chances } = made["chances"] as Tensor<"float32">
          const byHead = <A>(one: (at: number) => A): A[][] =>
            weights.map((_, head) =>
              Array.from({ length: dims[1]! }, (__, rank) => one(head * dims[1]! + rank)),
            )
          return Effect.succeed({
            tokens: byHead((at) => draft.tokens[Number(places[at])]!),
            chances: byHead((at) => chances[at]!),
          })
        })
    return {
      name: "@parade/medusa",
      proposes: ["point"],
      ...trainedFor(heads),
      width,
      uses: draft === undefined ? uses : { ...uses, head: false },
      work: `${weights.length} heads of ${width} on ${draft?.tokens.length ?? "all"} tokens`,
      accuracy,
      open: (context) =>
        Effect.sync(() => openDraft({ heads, guess: guessFor(context.target), whole, settings, context })),
    }
  })
