import { type DecodeFailure, type DeviceError, largest, type Model } from "@parade/core"
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
import { type Device, type Feed, tensor, type Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { headsGraph } from "./head-graph.ts"
import type { MedusaHeads } from "./heads.ts"

/** What Medusa takes of its target: the state the LM head reads, and the LM head. */
export const uses: TargetUse = { newest: ["hidden.final"], head: true }

/** The likeliest tokens of each head, after its state. */
type Guess = (hidden: Float32Array) => Effect.Effect<readonly ArrayLike<number>[], DecodeFailure>

/** The tree with the heads' tokens in the places of ranks. */
const filled = (
  { parents, levels, ranks }: SparseTree,
  count: number,
  tokens: readonly ArrayLike<number>[],
  accuracy: MedusaHeads["accuracy"],
): DraftPlan => ({
  tokens: ranks.slice(0, count).map((rank, node) => tokens[levels[node]! - 1]![rank]!),
  parents: parents.slice(0, count),
  confidence: ranks.slice(0, count).map((rank, node) => accuracy[levels[node]! - 1]![rank]!),
})

const openDraft = (
  heads: MedusaHeads,
  guess: Guess,
  whole: SparseTree,
  /** What a run of the heads costs. */
  price: number,
  context: DraftContext,
): Draft => {
  const { cost, history } = context
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
        return Effect.map(guess(hidden), (tokens) => filled(tree, count, tokens, heads.accuracy))
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
    const { width, weights, draft, accuracy, vocabularyFingerprint, weightsFingerprint } = heads
    const tree = sparseTree(accuracy, nodes)
    const most = accuracy.reduce((length, { length: ranks }) => Math.max(length, ranks), 0)
    const graph = headsGraph(heads, most, { kind: device.lowering, without: device.without })
    // A graph this small is refused by no device; what a session cannot do, it says as a failure of the device.
    const program = yield* Effect.catchTag(device.compile(graph), "GraphError", Effect.die)
    const fetched = draft === undefined ? "rows" : "places"
    const run = (hidden: Float32Array): Effect.Effect<Feed, DeviceError> =>
      Effect.map(
        program.run({ hidden: tensor("float32", [1, width], hidden) }, [{ name: fetched }]),
        (made) => made[fetched]!,
      )
    const guessFor =
      (target: Model): Guess =>
      (hidden) =>
        Effect.flatMap(run(hidden), (made): ReturnType<Guess> => {
          if (draft === undefined)
            return Effect.map(target.head!((made as Tensor<"float32">).data.slice()), (logits) =>
              accuracy.map(({ length }, head) => largest(logits.row(head), length)),
            )
          const { data, dims } = made as Tensor<"int64">
          return Effect.succeed(
            weights.map((_, head) =>
              Array.from(
                data.subarray(head * dims[1]!, (head + 1) * dims[1]!),
                (id) => draft.tokens[Number(id)]!,
              ),
            ),
          )
        })
    const vocabulary = ({ target }: DraftContext): number =>
      draft?.tokens.length ?? target.info.vocabularySize
    const price = runPrice((context: DraftContext) => ({
      run: guessFor(context.target)(new Float32Array(width)),
      bytes: 4 * width * (weights.length * width + vocabulary(context)),
    }))
    return {
      name: "@parade/medusa",
      proposes: ["point"],
      vocabularyFingerprint,
      ...(weightsFingerprint === undefined ? {} : { weightsFingerprint }),
      width,
      uses: draft === undefined ? uses : { ...uses, head: false },
      open: (context) =>
        Effect.map(price(context), (milliseconds) =>
          openDraft(heads, guessFor(context.target), tree, milliseconds, context),
        ),
    }
  })
