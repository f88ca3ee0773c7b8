import {
  anchored,
  type AnchoredText,
  anchoredLength,
  anchoredRows,
  type AnchorLayout,
  type Guess,
  guessesOf,
  guessFeeds,
  guessLoss,
  guessOutputs,
} from "@parade/drafter-recipes"
import { copyGraph, type Feeds, GraphBuilder, type Graph, integers, ops, tensor } from "@parade/graph"
import type { Lowering, Matrix } from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import { type Backbone, trainingFeeds, trainingGraph } from "@parade/transformer"
import { identityMap, mapName, pseudoStates } from "./map-graph.ts"

/** How texts and pseudo states are laid out in a batch: `ahead` of them, `k`, for each row that is transferred. */
export interface TransferLayout extends AnchorLayout {
  /** `t`: layers that a state has passed when it is transferred. */
  readonly layer: number
  /** Pseudo states of a row do not see those before them: what they would be without. */
  readonly apart?: boolean
}

/** The weights that are trained. */
export const isMap = (name: string): boolean => name.startsWith("maps.")

/** The names of the maps. */
export const mapNames = (k: number): readonly string[] => Array.from({ length: k }, (_, i) => mapName(i + 1))

/** The frozen layers above over texts and the pseudo states of their anchors; step by step. */
const transferredGuesses = (
  g: GraphBuilder,
  { architecture, attention, tensors }: Backbone,
  layout: TransferLayout,
  lowering: Lowering,
  draft?: Matrix,
): readonly Guess[] => {
  const { batch, anchors, ahead: k, layer, length } = layout
  const { width } = architecture
  const rows = anchoredLength(layout)
  const states = g.input("states", "float32", [batch * length, width])
  const chosen = ops.gather(g, states, g.input("anchors", "int64", [batch * anchors]))
  const starts = Array.from({ length: k }, () => identityMap(width))
  const pseudo = ops.reshape(g, pseudoStates(g, chosen, width, starts), [batch, anchors * k, width])
  const stream = ops.concat(g, [ops.reshape(g, states, [batch, length, width]), pseudo], 1)
  const model = trainingGraph({
    architecture,
    attention,
    tensors,
    sequences: { count: batch, length: rows },
    lowering,
    layers: [layer, architecture.layers.length],
    outputs: ["hidden.final"],
  })
  const entering = ops.reshape(g, stream, [batch * rows, width])
  const outputs = copyGraph(g, model, { values: new Map([[`hidden.${layer}`, entering]]) })
  return guessesOf(g, outputs, layout, draft)
}

/**
 * `L = Σ_i γ^(i-1) · mean KL(P_{p+i} ‖ Q_{p,i})` over a batch, and each step's own mean as `loss.step<i>`. The teacher `P` is the
 * same frozen model at the rows of its own words, in the same forward. `draft`: the LM head's rows of the tokens that are compared, where
 * those are not all.
 */
export const transferLoss = (
  backbone: Backbone,
  layout: TransferLayout,
  decay: number,
  lowering: Lowering,
  draft?: Matrix,
): Graph => {
  const g = new GraphBuilder("hidden-transfer", lowering)
  guessLoss(g, transferredGuesses(g, backbone, layout, lowering, draft), "step", (i) => decay ** i)
  return g.build()
}

/** The logits that {@link transferLoss} compares: `guess.<i>` and `own.<i>` `[batch · anchors, vocabulary]`. */
export const transferGuesses = (backbone: Backbone, layout: TransferLayout, lowering: Lowering): Graph => {
  const g = new GraphBuilder("hidden-transfer-guesses", lowering)
  guessOutputs(g, transferredGuesses(g, backbone, layout, lowering))
  return g.build()
}

/**
 * A text with the rows whose states are transferred: those that its own words follow. The last token has no row, and `k` rows
 * behind the last place say what its pseudo states guess.
 */
export const transferred = (
  text: ModelText,
  layout: TransferLayout,
  offset: (anchor: number) => number,
): AnchoredText => anchored(text, layout, text.from - 1, offset)

/** The feeds of a batch. Pseudo state `i` stands `i` places behind its anchor and guesses what the model says at that row. */
export const transferFeeds = (
  { architecture, attention }: Backbone,
  layout: TransferLayout,
  texts: readonly AnchoredText[],
): Feeds => {
  const { length } = layout
  const { width } = architecture
  const states = new Float32Array(texts.length * length * width)
  for (const [t, text] of texts.entries()) states.set(text.states(), t * length * width)
  const { tokens: _, ...feeds } = trainingFeeds(
    architecture,
    attention,
    texts.map((text) => anchoredRows(text, layout, layout.apart)),
  ) as Record<string, Feeds[string]>
  return {
    ...feeds,
    states: tensor("float32", [texts.length * length, width], states),
    anchors: integers(texts.flatMap(({ anchors }, t) => anchors.map((place) => t * length + place))),
    ...guessFeeds(texts, layout),
  }
}
