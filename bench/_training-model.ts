import { GraphBuilder, copyGraph, crossEntropy, meanOverRows, tensor } from "@parade/graph"
import type { Feeds, Graph } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { freshTensors, readArchitecture, trainingFeeds, trainingGraph } from "@parade/transformer"

/** The model that is trained: the sizes of `bench/README.md`'s peer. */
export const size = {
  length: 128,
  vocabulary: 512,
  layers: 4,
  width: 192,
  heads: 6,
  inner: 512,
} as const

const architecture = readArchitecture(
  {
    model_type: "llama",
    vocab_size: size.vocabulary,
    hidden_size: size.width,
    intermediate_size: size.inner,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    max_position_embeddings: 2048,
    tie_word_embeddings: true,
  },
  "bench",
)

/** Numbers in [0, 1) that are the same every time. */
export const uniform = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const normal = (seed: number): (() => number) => {
  const next = uniform(seed)
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

/** What a step keeps for the way back. */
export interface Keeping {
  readonly recomputed: boolean
  /** Rows whose logits are in memory at once; all where absent. */
  readonly rowsAtOnce?: number
}

/** The ways of keeping that are measured. */
export const keepings: Readonly<Record<string, Keeping>> = {
  "all kept": { recomputed: false },
  "layers computed again": { recomputed: true },
  "and logits of 256 rows at once": { recomputed: true, rowsAtOnce: 256 },
}

/** The loss of a batch of so many sequences. */
export const lossGraph = (sequences: number, { recomputed, rowsAtOnce }: Keeping): Graph => {
  const g = new GraphBuilder("training")
  const model = trainingGraph({
    architecture,
    attention: groupedQueryAttention,
    tensors: freshTensors(architecture, groupedQueryAttention, (name) => normal(name.length)),
    sequences: { count: sequences, length: size.length },
    lowering: { kind: "fused" },
    recomputed,
    ...(rowsAtOnce === undefined ? {} : { losses: { rowsAtOnce } }),
  })
  const outputs = copyGraph(g, model)
  const losses = outputs.get("losses")
  g.output(
    "loss",
    losses === undefined
      ? crossEntropy(g, outputs.get("logits")!, g.input("targets", "int64", [sequences * size.length]))
      : meanOverRows(g, losses),
  )
  return g.build()
}

/** A batch in which the next token follows from the last. */
export const batch = (sequences: number, seed: number): Feeds => {
  const next = uniform(seed)
  const tokens = Array.from({ length: sequences }, () => {
    const row = [Math.floor(next() * size.vocabulary)]
    while (row.length <= size.length) row.push((row.at(-1)! * 5 + 1) % size.vocabulary)
    return row
  })
  const targets = tokens.flatMap((row) => row.slice(1))
  return {
    ...trainingFeeds(
      architecture,
      groupedQueryAttention,
      tokens.map((row) => ({ tokens: row.slice(0, size.length) })),
    ),
    targets: tensor("int64", [targets.length], BigInt64Array.from(targets, BigInt)),
  }
}
