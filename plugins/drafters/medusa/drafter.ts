import { type DecodeFailure, type DeviceError, largest, type OutputRows } from "@parade/core"
import {
  type Draft,
  type DraftContext,
  type DraftPlan,
  type Drafter,
  emptyTree,
  runPrice,
  shallow,
  type SparseTree,
  sparseTree,
  type TargetUse,
  worthwhileSize,
} from "@parade/drafting"
import { type Device, tensor, type Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { headsGraph } from "./head-graph.ts"
import type { MedusaHeads } from "./heads.ts"

/** What Medusa takes of its target: the state the LM head reads, and the LM head. */
export const uses: TargetUse = { newest: ["hidden.final"], head: true }

/** The tree with the heads' tokens in the places of ranks. */
const filled = (
  tree: SparseTree,
  count: number,
  logits: OutputRows,
  accuracy: MedusaHeads["accuracy"],
): DraftPlan => {
  const { parents, levels, ranks } = tree
  const deepest = levels.slice(0, count).reduce((a, b) => Math.max(a, b), 0)
  const tokens: Int32Array[] = []
  for (let head = 0; head < deepest; head++) tokens.push(largest(logits.row(head), accuracy[head]!.length))
  return {
    tokens: ranks.slice(0, count).map((rank, node) => tokens[levels[node]! - 1]![rank]!),
    parents: parents.slice(0, count),
    confidence: ranks.slice(0, count).map((rank, node) => accuracy[levels[node]! - 1]![rank]!),
  }
}

/** How the rows that the heads give the LM head are computed: `[width]` → `[heads, width]`. */
type Project = (hidden: Float32Array) => Effect.Effect<Float32Array, DeviceError>

const openDraft = (
  heads: MedusaHeads,
  project: Project,
  whole: SparseTree,
  /** What a run of the heads costs. */
  price: number,
  context: DraftContext,
): Draft => {
  const { target, cost, history } = context
  let hidden = context.prompt.newest["hidden.final"]!.row(0)
  const byDepth = new Map<number, SparseTree>()
  const treeFor = (depth: number): SparseTree => {
    const known = byDepth.get(depth) ?? shallow(whole, depth)
    byDepth.set(depth, known)
    return known
  }
  return {
    plan: ({ nodes, depth }) =>
      Effect.suspend((): Effect.Effect<DraftPlan, DecodeFailure> => {
        const tree = treeFor(Math.min(depth, heads.weights.length))
        const count = worthwhileSize(
          tree,
          nodes,
          (n) => cost.milliseconds(1 + n, history.length) + (n === 0 ? 0 : price),
        )
        if (count === 0) return Effect.succeed(emptyTree)
        return Effect.map(Effect.flatMap(project(hidden), target.head!), (logits) =>
          filled(tree, count, logits, heads.accuracy),
        )
      }),
    observe: ({ readings }) =>
      Effect.sync(() => {
        hidden = readings.newest["hidden.final"]?.row(0) ?? hidden
      }),
    milliseconds: () => price,
  }
}

/**
 * Medusa (Cai et al. 2024): heads on the newest hidden state, head `k` guessing the token `k + 1` places on, their best
 * tokens combined into a tree that was chosen by how often each rank of each head is right.
 */
export const medusa = (
  heads: MedusaHeads,
  device: Device,
  nodes: number,
): Effect.Effect<Drafter, DeviceError, Scope> =>
  Effect.gen(function* () {
    const { width, weights, vocabularyFingerprint } = heads
    const graph = headsGraph(weights, width, { kind: device.lowering, without: device.without })
    // A graph this small is refused by no device; what a session cannot do, it says as a failure of the device.
    const program = yield* Effect.catchTag(device.compile(graph), "GraphError", Effect.die)
    const project: Project = (hidden) =>
      Effect.map(
        program.run({ hidden: tensor("float32", [1, width], hidden) }, [{ name: "rows" }]),
        ({ rows }) => (rows as Tensor<"float32">).data.slice(),
      )
    const tree = sparseTree(heads.accuracy, nodes)
    const price = runPrice(({ target }: DraftContext) => ({
      run: Effect.flatMap(project(new Float32Array(width)), target.head!),
      bytes: 4 * width * (weights.length * width + target.info.vocabularySize),
    }))
    return {
      name: "@parade/medusa",
      proposes: ["point"],
      vocabularyFingerprint,
      width,
      uses,
      open: (context) =>
        Effect.map(price(context), (milliseconds) => openDraft(heads, project, tree, milliseconds, context)),
    }
  })
