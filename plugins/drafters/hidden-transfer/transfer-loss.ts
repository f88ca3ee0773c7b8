import {
  copyGraph,
  type Feeds,
  GraphBuilder,
  type Graph,
  klDivergence,
  ops,
  tensor,
  type Value,
} from "@parade/graph"
import type { Lowering } from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import { type Backbone, trainingFeeds, trainingGraph } from "@parade/transformer"
import { identityMap, mapName, pseudoStates } from "./map-graph.ts"

/** How texts and pseudo states are laid out in a batch. */
export interface TransferLayout {
  /** Texts of a batch. */
  readonly batch: number
  /** Rows of a text, at most; shorter ones are filled up. */
  readonly length: number
  /** Rows of a text whose states are transferred. */
  readonly anchors: number
  /** Pseudo states `k` of each. */
  readonly k: number
  /** `t`: layers that a state has passed when it is transferred. */
  readonly layer: number
  /** Pseudo states of a row do not see those before them: what they would be without. */
  readonly apart?: boolean
}

/** A text with the rows whose states are transferred. */
export interface AnchoredText extends ModelText {
  readonly anchors: readonly number[]
}

/** The weights that are trained. */
export const isMap = (name: string): boolean => name.startsWith("maps.")

/** The names of the maps. */
export const mapNames = (k: number): readonly string[] => Array.from({ length: k }, (_, i) => mapName(i + 1))

const rowsOf = ({ length, anchors, k }: TransferLayout): number => length + anchors * k

/** What pseudo states guess, and what the model says there itself: `[batch · anchors, vocabulary]` of each. */
interface Guesses {
  readonly student: Value
  readonly teacher: Value
}

/** The frozen layers above over texts and the pseudo states of their anchors; step by step. */
const guessesOf = (
  g: GraphBuilder,
  { architecture, attention, tensors }: Backbone,
  layout: TransferLayout,
  lowering: Lowering,
): readonly Guesses[] => {
  const { batch, anchors, k, layer, length } = layout
  const { width } = architecture
  const rows = rowsOf(layout)
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
  })
  const entering = ops.reshape(g, stream, [batch * rows, width])
  const logits = copyGraph(g, model, { values: new Map([[`hidden.${layer}`, entering]]) }).get("logits")!
  const at = (name: string): Value => ops.gather(g, logits, g.input(name, "int64", [batch * anchors]))
  return Array.from({ length: k }, (_, i) => ({
    student: at(`student.${i + 1}`),
    teacher: at(`teacher.${i + 1}`),
  }))
}

/**
 * `L = Σ_i γ^(i-1) · mean KL(P_{p+i} ‖ Q_{p,i})` over a batch, and each step's own mean as `loss.step<i>`. The teacher `P` is the
 * same frozen model at the rows of its own words, in the same forward.
 */
export const transferLoss = (
  backbone: Backbone,
  layout: TransferLayout,
  decay: number,
  lowering: Lowering,
): Graph => {
  const g = new GraphBuilder("hidden-transfer", lowering)
  const number = (value: number): Value => g.constant("float32", [], [value])
  let loss = number(0)
  for (const [i, { student, teacher }] of guessesOf(g, backbone, layout, lowering).entries()) {
    const mean = klDivergence(g, teacher, student)
    g.output(`loss.step${i + 1}`, mean)
    loss = ops.add(g, loss, ops.mul(g, mean, number(decay ** i)))
  }
  g.output("loss", loss)
  return g.build()
}

/** The logits that {@link transferLoss} compares: `guess.<i>` and `own.<i>` `[batch · anchors, vocabulary]`. */
export const transferGuesses = (backbone: Backbone, layout: TransferLayout, lowering: Lowering): Graph => {
  const g = new GraphBuilder("hidden-transfer-guesses", lowering)
  for (const [i, { student, teacher }] of guessesOf(g, backbone, layout, lowering).entries()) {
    g.output(`guess.${i + 1}`, student)
    g.output(`own.${i + 1}`, teacher)
  }
  return g.build()
}

/** Rows of a text that its own words follow, spread evenly, at `offset` from 0 to 1 in each stretch. */
export const anchored = (
  text: ModelText,
  { anchors, k }: TransferLayout,
  offset: (anchor: number) => number,
): AnchoredText => {
  const first = text.from - 1
  // The last token has no row, and k rows behind the last anchor say what its pseudo states guess.
  const places = text.tokens.length - 1 - k - first
  return {
    ...text,
    anchors: Array.from(
      { length: anchors },
      (_, i) => first + Math.min(places - 1, Math.floor(((i + offset(i)) * places) / anchors)),
    ),
  }
}

/** A text, then the pseudo states of each anchor, one behind the other; each sees the text up to its anchor. */
const laidOut = ({ anchors }: AnchoredText, layout: TransferLayout) => {
  const { length, k, apart = false } = layout
  const rows = rowsOf(layout)
  const positions = new Int32Array(rows)
  const parents = new Int32Array(rows)
  for (let row = 0; row < length; row++) {
    positions[row] = row
    parents[row] = row - 1
  }
  for (const [i, place] of anchors.entries())
    for (let step = 0; step < k; step++) {
      const row = length + i * k + step
      positions[row] = place + 1 + step
      parents[row] = step === 0 || apart ? place : row - 1
    }
  return { tokens: new Int32Array(rows), positions, visibility: { rule: "tree", parents } as const }
}

const integers = (values: ArrayLike<number>): Feeds[string] =>
  tensor("int64", [values.length], BigInt64Array.from(Array.from(values), BigInt))

/** The feeds of a batch. Pseudo state `i` stands `i` places behind its anchor and guesses what the model says at that row. */
export const transferFeeds = (
  { architecture, attention }: Backbone,
  layout: TransferLayout,
  texts: readonly AnchoredText[],
): Feeds => {
  const { length, k } = layout
  const { width } = architecture
  const rows = rowsOf(layout)
  const states = new Float32Array(texts.length * length * width)
  for (const [t, text] of texts.entries()) states.set(text.states, t * length * width)
  const { tokens: _, ...feeds } = trainingFeeds(
    architecture,
    attention,
    texts.map((text) => laidOut(text, layout)),
  ) as Record<string, Feeds[string]>
  const named: Record<string, Feeds[string]> = {
    ...feeds,
    states: tensor("float32", [texts.length * length, width], states),
    anchors: integers(texts.flatMap(({ anchors }, t) => anchors.map((place) => t * length + place))),
  }
  for (let step = 0; step < k; step++) {
    named[`student.${step + 1}`] = integers(
      texts.flatMap(({ anchors }, t) => anchors.map((__, i) => t * rows + length + i * k + step)),
    )
    named[`teacher.${step + 1}`] = integers(
      texts.flatMap(({ anchors }, t) => anchors.map((place) => t * rows + place + 1 + step)),
    )
  }
  return named
}
