import {
  copyGraph,
  embedding,
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
import { promptsName } from "./prompt-embeddings.ts"

/** How texts and prompt tokens are laid out in a batch. */
export interface PromptLayout {
  /** Texts of a batch. */
  readonly batch: number
  /** Tokens of a text, at most; shorter ones are filled up. */
  readonly length: number
  /** Places of a text that prompt tokens stand behind. */
  readonly anchors: number
  /** Prompt tokens `m` behind each. */
  readonly m: number
}

/** A text with the places that prompt tokens stand behind. */
export interface AnchoredText extends ModelText {
  readonly anchors: readonly number[]
}

/** The weights that are trained. */
export const isPrompts = (name: string): boolean => name === promptsName

const rowsOf = ({ length, anchors, m }: PromptLayout): number => length + anchors * m

/** What prompt tokens guess, and what the model says there itself: `[batch · anchors, vocabulary]` of each. */
interface Guesses {
  readonly student: Value
  readonly teacher: Value
}

const guessesOf = (
  g: GraphBuilder,
  { architecture, attention, tensors }: Backbone,
  layout: PromptLayout,
  start: Float32Array,
  lowering: Lowering,
): readonly Guesses[] => {
  const { batch, anchors, m } = layout
  const length = rowsOf(layout)
  const { width } = architecture
  const prompts = {
    kind: "dense",
    rows: m,
    columns: width,
    identity: promptsName,
    values: () => start,
  } as const
  const vectors = embedding(g, g.input("prompt", "int64", [batch * length]), prompts)
  const sequences = { count: batch, length }
  const model = trainingGraph({ architecture, attention, tensors, sequences, lowering, takesVectors: true })
  const logits = copyGraph(g, model, { values: new Map([["vectors", vectors]]) }).get("logits")!
  const at = (name: string): Value => ops.gather(g, logits, g.input(name, "int64", [batch * anchors]))
  return Array.from({ length: m }, (_, j) => ({
    student: at(`student.${j + 1}`),
    teacher: at(`teacher.${j + 1}`),
  }))
}

/**
 * `(1/m) Σ_j decay^(j-1) · KL(teacher_j ‖ prompt_j)` over a batch, and each prompt token's own mean as `loss.prompt<j>`. The
 * teacher is the same frozen model at the rows of its own words, in the same forward.
 */
export const promptLoss = (
  backbone: Backbone,
  layout: PromptLayout,
  start: Float32Array,
  decay: number,
  lowering: Lowering,
): Graph => {
  const g = new GraphBuilder("ppd", lowering)
  const number = (value: number): Value => g.constant("float32", [], [value])
  let loss = number(0)
  for (const [j, { student, teacher }] of guessesOf(g, backbone, layout, start, lowering).entries()) {
    const mean = klDivergence(g, teacher, student)
    g.output(`loss.prompt${j + 1}`, mean)
    loss = ops.add(g, loss, ops.mul(g, mean, number(decay ** j / layout.m)))
  }
  g.output("loss", loss)
  return g.build()
}

/** The logits that {@link promptLoss} compares: `student.<j>` and `teacher.<j>` `[batch · anchors, vocabulary]`. */
export const promptGuesses = (
  backbone: Backbone,
  layout: PromptLayout,
  start: Float32Array,
  lowering: Lowering,
): Graph => {
  const g = new GraphBuilder("ppd-guesses", lowering)
  for (const [j, { student, teacher }] of guessesOf(g, backbone, layout, start, lowering).entries()) {
    g.output(`guess.${j + 1}`, student)
    g.output(`own.${j + 1}`, teacher)
  }
  return g.build()
}

/** Places of a text, spread evenly, at `offset` from 0 to 1 in each stretch: as far apart as its own words allow. */
export const anchored = (
  text: ModelText,
  { anchors, m }: PromptLayout,
  offset: (anchor: number) => number,
): AnchoredText => {
  // Behind the last place, the model has said another m tokens, which lead to what prompt token m guesses.
  const places = text.tokens.length - m - text.from
  return {
    ...text,
    anchors: Array.from(
      { length: anchors },
      (_, i) => text.from + Math.min(places - 1, Math.floor(((i + offset(i)) * places) / anchors)),
    ),
  }
}

/** A text, then the prompt tokens of each place, one behind the other; each sees the text up to its place. */
const laidOut = ({ tokens, anchors }: AnchoredText, layout: PromptLayout) => {
  const { length, m } = layout
  const rows = rowsOf(layout)
  const all = new Int32Array(rows)
  const positions = new Int32Array(rows)
  const parents = new Int32Array(rows)
  all.set(tokens)
  for (let row = 0; row < length; row++) {
    positions[row] = row
    parents[row] = row - 1
  }
  for (const [i, place] of anchors.entries())
    for (let j = 0; j < m; j++) {
      const row = length + i * m + j
      positions[row] = place + 1 + j
      parents[row] = j === 0 ? place : row - 1
    }
  return { tokens: all, positions, visibility: { rule: "tree", parents } as const }
}

const integers = (values: ArrayLike<number>): Feeds[string] =>
  tensor("int64", [values.length], BigInt64Array.from(Array.from(values), BigInt))

/** The feeds of a batch. Prompt token `j` stands `j` places on and guesses what the model says at that place. */
export const promptFeeds = (
  { architecture, attention }: Backbone,
  layout: PromptLayout,
  texts: readonly AnchoredText[],
): Feeds => {
  const { length, m } = layout
  const rows = rowsOf(layout)
  const isVector = new Uint8Array(texts.length * rows)
  const prompt = new Int32Array(texts.length * rows)
  for (let i = 0; i < prompt.length; i++) {
    const row = i % rows
    if (row < length) continue
    isVector[i] = 1
    prompt[i] = (row - length) % m
  }
  const feeds: Record<string, Feeds[string]> = {
    ...trainingFeeds(
      architecture,
      attention,
      texts.map((text) => laidOut(text, layout)),
    ),
    "is.vector": tensor("bool", [isVector.length, 1], isVector),
    prompt: integers(prompt),
  }
  for (let j = 0; j < m; j++) {
    feeds[`student.${j + 1}`] = integers(
      texts.flatMap(({ anchors }, t) => anchors.map((_, i) => t * rows + length + i * m + j)),
    )
    feeds[`teacher.${j + 1}`] = integers(
      texts.flatMap(({ anchors }, t) => anchors.map((place) => t * rows + place + 1 + j)),
    )
  }
  return feeds
}
