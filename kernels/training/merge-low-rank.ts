import { lowRankNames, mergeLowRank } from "@parade/graph"
import type { Graph, LowRank } from "@parade/graph"
import * as Effect from "effect/Effect"
import { TrainingError } from "./error.ts"
import { parameterName, readFeed } from "./parameters.ts"
import type { ParameterValues } from "./parameters.ts"

/** Matrices that rows are looked up in as well: a correction of their product does not hold for that. */
const lookedUp = (graph: Graph): ReadonlySet<string> =>
  new Set(graph.nodes.filter(({ op }) => op === "Gather").map(({ inputs }) => inputs[0]!))

/**
 * The weights of a trained graph by identity, with what was trained in their place and corrections of low rank merged into
 * their matrices: for a checkpoint that loads like any other.
 *
 * @returns a failure `training.shared-matrix` where a corrected matrix is an embedding as well.
 */
export const mergedWeights = (
  graph: Graph,
  parameters: ParameterValues,
  correction: Pick<LowRank, "rank" | "alpha">,
): Effect.Effect<(identity: string) => Float32Array, TrainingError> =>
  Effect.gen(function* () {
    const trained = new Map<string, Float32Array>()
    for (const [name, { value }] of parameters.states)
      trained.set(name, yield* Effect.promise(() => readFeed(value)))
    const weights = new Map(
      graph.initializers.filter(({ weight }) => weight === true).map((one) => [parameterName(one), one]),
    )
    const embeddings = lookedUp(graph)
    for (const [identity, { name }] of weights)
      if (embeddings.has(name) && weights.has(lowRankNames(identity).a))
        return yield* Effect.fail(
          new TrainingError({
            code: "training.shared-matrix",
            message: `"${identity}" has a correction of low rank, and is an embedding as well: the two cannot be merged.`,
            advice: "Leave the matrix out of those that get a correction.",
            path: identity,
          }),
        )
    const read = (identity: string): Float32Array =>
      trained.get(identity) ?? new Float32Array(weights.get(identity)!.bytes().slice().buffer)
    return (identity) => {
      const names = lowRankNames(identity)
      if (!weights.has(names.a)) return read(identity)
      const [rows, columns] = weights.get(identity)!.shape as readonly [number, number]
      return mergeLowRank(
        { rows, columns, ...correction },
        { matrix: read(identity), a: read(names.a), b: read(names.b) },
      )
    }
  })
