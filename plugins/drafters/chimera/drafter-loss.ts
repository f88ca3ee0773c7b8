import type { Visibility } from "@parade/core"
import {
  copyGraph,
  type Feeds,
  type Graph,
  GraphBuilder,
  klDivergenceRows,
  linear,
  type Lowering,
  type Matrix,
  meanOverRows,
  ops,
  stopGradient,
  tensor,
  type Tensor,
  type Value,
} from "@parade/graph"
import { draftIds, type DraftHead } from "@parade/drafting"
import type { Attention } from "@parade/layers"
import type { ModelText } from "@parade/recipes"
import { namedTensors, type Tensors, trainingFeeds, trainingGraph } from "@parade/transformer"
import { blockArchitecture, type BlockShape, unusedTensor } from "./block.ts"
import { headRows } from "./residual-head.ts"
import { trigramAt, trigramNames, trigramRows } from "./trigram-encoder.ts"
import type { Weights, Without } from "./weights.ts"

/** How texts are laid out in a batch. */
export interface DraftLayout {
  /** Texts of a batch. */
  readonly batch: number
  /** Tokens of a text, at most; shorter ones are filled up. */
  readonly length: number
  readonly levels: number
}

/** What the drafter is trained with, and where its weights start. */
export interface Trainee {
  readonly block: BlockShape
  readonly attention: Attention
  readonly tensors: Tensors
  /** Of the encoder and the heads. */
  readonly weights: Weights
  readonly without: Without
  /** The embedding rows of the frozen model `[vocabulary, d]`, and its LM head. */
  readonly embedding: Float32Array
  /** What embedding rows are multiplied with. */
  readonly scale: number
  readonly lmHead: Matrix
  /** The tokens that `lmHead` has rows of, where those are not all. */
  readonly draft?: DraftHead | undefined
}

const embeddingName = "target.embedding"

/** Whether a weight is the drafter's own; where it does without trigrams, their encoder is not. */
export const isTrained =
  (without: Without, lmHead: string) =>
  (name: string): boolean =>
    ![unusedTensor, embeddingName, lmHead].includes(name) &&
    !(without === "trigrams" && Object.values<string>(trigramNames).includes(name))

/** The row of position `i` sees true states up to `i`, the estimates of its own draft, and itself. */
const levelMask = (level: number, length: number): Visibility => {
  const rows = (level + 1) * length
  const mask = new Uint8Array(rows * rows)
  for (let part = 0; part <= level; part++)
    for (let i = 0; i < length; i++) {
      const at = (part * length + i) * rows
      for (let j = 0; j <= i; j++) mask[at + j] = 1
      for (let own = 1; own <= part; own++) mask[at + own * length + i] = 1
    }
  return { rule: "dense", mask }
}

/** A level at every position: the estimates `o` `[B·L, d]` and the logits `[B·L, vocabulary]`. */
interface Level {
  readonly estimate: Value
  readonly logits: Value
}

interface Levels {
  readonly levels: readonly Level[]
  /** The true states `[B·L, d]`, and what the model itself says there. */
  readonly states: Value
  readonly said: Value
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Rows `[B·L, …]` moved up by `by` positions within their text; the last ones stay the last. */
const shifted = (g: GraphBuilder, rows: Value, { batch, length }: DraftLayout, by: number): Value => {
  const places = Array.from({ length: batch * length }, (_, row) => {
    const i = row % length
    return row - i + Math.min(length - 1, i + by)
  })
  return ops.gather(g, rows, g.constant("int64", [places.length], places))
}

/**
 * All levels at all positions at once. The tokens between are the text's own: a draft is of use only where those before it
 * were right, so that is where each level learns. Estimates enter later levels without a gradient.
 */
const levelsOf = (g: GraphBuilder, trainee: Trainee, layout: DraftLayout, lowering: Lowering): Levels => {
  const { block, attention, embedding, lmHead, weights, without } = trainee
  const { batch, length, levels } = layout
  const { width } = block
  const architecture = blockArchitecture(block)
  const rows = batch * length
  const given = g.input("states", "float32", [rows, width])
  const zeros = (): Value => ops.expand(g, g.constant("float32", [], [0]), [rows, width])
  const states = without === "states" ? zeros() : given
  const table = g.initializer({
    type: "float32",
    shape: [embedding.length / width, width],
    identity: embeddingName,
    bytes: () => bytesOf(embedding),
  })
  const three = ops.gather(g, table, g.input("trigrams", "int64", [3 * rows]))
  const trigrams =
    without === "trigrams"
      ? zeros()
      : trigramRows(g, ops.reshape(g, three, [rows, 3 * width]), { width, weights, scale: trainee.scale })
  const parts = [states]
  const made: Level[] = []
  for (let level = 1; level <= levels; level++) {
    const total = (level + 1) * length
    const own = shifted(g, trigrams, layout, level)
    const inTexts = (value: Value): Value => ops.reshape(g, value, [batch, length, width])
    const vectors = ops.reshape(g, ops.concat(g, [...parts, own].map(inTexts), 1), [batch * total, width])
    const positions = Array.from({ length: batch * total }, (_, row) => {
      const [part, i] = [Math.floor((row % total) / length), row % length]
      return Math.min(block.contextLength - 1, part + i)
    })
    const { mask } = trainingFeeds(architecture, attention, [
      { tokens: new Int32Array(total), visibility: levelMask(level, length) },
    ])
    const graph = trainingGraph({
      architecture,
      attention,
      tensors: namedTensors(trainee.tensors),
      sequences: { count: batch, length: total },
      outputs: ["hidden.final"],
      lowering,
      takesVectors: true,
    })
    const seen = bytesOf((mask as Tensor<"float32">).data)
    const constant = g.initializer({ type: "float32", shape: [1, total, total], bytes: () => seen })
    const yes = new Uint8Array(batch * total).fill(1)
    const nothing = Array.from(yes, () => 0)
    const outputs = copyGraph(g, graph, {
      values: new Map<string, Value>([
        ["tokens", g.constant("int64", [batch * total], nothing)],
        ["positions", g.constant("int64", [batch * total], positions)],
        ["mask", ops.expand(g, constant, [batch, total, total])],
        ["vectors", vectors],
        ["is.vector", g.initializer({ type: "bool", shape: [batch * total, 1], bytes: () => yes })],
      ]),
    })
    const all = ops.reshape(g, outputs.get("hidden.final")!, [batch, total, width])
    const estimate = ops.reshape(g, ops.slice(g, all, 1, level * length, total), [rows, width])
    const pairs = ops.concat(g, [states, estimate], 1)
    made.push({ estimate, logits: linear(g, headRows(g, pairs, level, width, weights), lmHead) })
    parts.push(stopGradient(g, estimate))
  }
  return { levels: made, states: given, said: linear(g, given, lmHead) }
}

/**
 * `Σ_m KL(p_target ‖ p_m) + stateWeight · |o - h|²` over a batch: what level `m` guesses at a position against what the
 * model itself says `m` places on, and its estimates against the states there; `loss.level<m>` and `loss.state` beside.
 * Inputs: `states` `[B·L, d]`, `trigrams` int64 `[3·B·L]`, `weights.<m>` `[B·L]`, 0 where the text has ended before.
 */
export const drafterLoss = (
  trainee: Trainee,
  layout: DraftLayout,
  stateWeight: number,
  lowering: Lowering,
): Graph => {
  const g = new GraphBuilder("chimera", lowering)
  const { levels, states, said } = levelsOf(g, trainee, layout, lowering)
  const number = (value: number): Value => g.constant("float32", [], [value])
  let loss = number(0)
  let apart = number(0)
  for (const [i, { estimate, logits }] of levels.entries()) {
    const weights = g.input(`weights.${i + 1}`, "float32", [layout.batch * layout.length])
    const teacher = shifted(g, said, layout, i + 1)
    const mean = meanOverRows(g, klDivergenceRows(g, teacher, logits), weights)
    const difference = ops.sub(g, estimate, shifted(g, states, layout, i + 1))
    const square = ops.reduceMean(g, ops.mul(g, difference, difference))
    g.output(`loss.level${i + 1}`, mean)
    loss = ops.add(g, loss, mean)
    apart = ops.add(g, apart, meanOverRows(g, square, weights))
  }
  g.output("loss.state", apart)
  g.output("loss", ops.add(g, loss, ops.mul(g, apart, number(stateWeight))))
  return g.build()
}

/** The guesses of {@link drafterLoss} alone: `guess.<m>` `[B·L, vocabulary]`, and `estimate.<m>` `[B·L, d]`. */
export const drafterGuesses = (trainee: Trainee, layout: DraftLayout, lowering: Lowering): Graph => {
  const g = new GraphBuilder("chimera-guesses", lowering)
  for (const [i, { estimate, logits }] of levelsOf(g, trainee, layout, lowering).levels.entries()) {
    g.output(`estimate.${i + 1}`, estimate)
    g.output(`guess.${i + 1}`, logits)
  }
  return g.build()
}

/** The draft id of each token that a drafter guesses among; all tokens for themselves where it guesses among all. */
export const idsOf = ({ draft }: Trainee): ((token: number) => number | undefined) => {
  const ids = draft && draftIds(draft)
  return ids === undefined ? (token) => token : (token) => ids.get(token)
}

/** Whether level `level` has something to guess at position `i` of a text: a state to be compared with. */
export const isGuessed = ({ tokens }: ModelText, level: number, i: number): boolean =>
  i + level <= tokens.length - 2

/** Whether the levels above level `level` can say the tokens that a draft at position `i` has before it comes to it. */
export const areSaid = (
  { tokens }: ModelText,
  level: number,
  i: number,
  idOf: ReturnType<typeof idsOf>,
): boolean => {
  for (let j = i + 2; j <= i + level; j++) if (idOf(tokens[j]!) === undefined) return false
  return true
}

/** The feeds of a batch. */
export const drafterFeeds = (
  trainee: Trainee,
  { batch, length, levels }: DraftLayout,
  texts: readonly ModelText[],
): Feeds => {
  const { width } = trainee.block
  const idOf = idsOf(trainee)
  const states = new Float32Array(batch * length * width)
  const trigrams = new BigInt64Array(3 * batch * length)
  const weights = Array.from({ length: levels }, () => new Float32Array(batch * length))
  for (const [t, text] of texts.entries()) {
    states.set(text.states(), t * length * width)
    for (const i of text.tokens.keys()) {
      const row = t * length + i
      for (const [j, token] of trigramAt(text.tokens, i).entries()) trigrams[3 * row + j] = BigInt(token)
      for (const [m, own] of weights.entries())
        own[row] = isGuessed(text, m + 1, i) && areSaid(text, m + 2, i, idOf) ? 1 : 0
    }
  }
  return {
    states: tensor("float32", [batch * length, width], states),
    trigrams: tensor("int64", [trigrams.length], trigrams),
    ...Object.fromEntries(
      weights.map((own, m) => [`weights.${m + 1}`, tensor("float32", [own.length], own)]),
    ),
  }
}
