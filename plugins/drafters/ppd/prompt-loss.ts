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
import { copyGraph, embedding, type Feeds, GraphBuilder, type Graph, integers, tensor } from "@parade/graph"
import type { Lowering, Matrix } from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import { type Backbone, trainingFeeds, trainingGraph } from "@parade/transformer"
import { promptsName } from "./prompt-embeddings.ts"

/** The weights that are trained. */
export const isPrompts = (name: string): boolean => name === promptsName

const promptedGuesses = (
  g: GraphBuilder,
  { architecture, attention, tensors }: Backbone,
  layout: AnchorLayout,
  start: Float32Array,
  lowering: Lowering,
  draft?: Matrix,
): readonly Guess[] => {
  const { batch, ahead: m } = layout
  const length = anchoredLength(layout)
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
  const model = trainingGraph({
    architecture,
    attention,
    tensors,
    sequences,
    lowering,
    takesVectors: true,
    outputs: ["hidden.final"],
  })
  const outputs = copyGraph(g, model, { values: new Map([["vectors", vectors]]) })
  return guessesOf(g, outputs, layout, draft)
}

/**
 * `(1/m) Σ_j decay^(j-1) · KL(teacher_j ‖ prompt_j)` over a batch, and each prompt token's own mean as `loss.prompt<j>`. The
 * teacher is the same frozen model at the rows of its own words, in the same forward. `draft`: the LM head's rows of the tokens that are
 * compared, where those are not all.
 */
export const promptLoss = (
  backbone: Backbone,
  layout: AnchorLayout,
  start: Float32Array,
  decay: number,
  lowering: Lowering,
  draft?: Matrix,
): Graph => {
  const g = new GraphBuilder("ppd", lowering)
  const guesses = promptedGuesses(g, backbone, layout, start, lowering, draft)
  guessLoss(g, guesses, "prompt", (j) => decay ** j / layout.ahead)
  return g.build()
}

/** The logits that {@link promptLoss} compares: `student.<j>` and `teacher.<j>` `[batch · anchors, vocabulary]`. */
export const promptGuesses = (
  backbone: Backbone,
  layout: AnchorLayout,
  start: Float32Array,
  lowering: Lowering,
): Graph => {
  const g = new GraphBuilder("ppd-guesses", lowering)
  guessOutputs(g, promptedGuesses(g, backbone, layout, start, lowering))
  return g.build()
}

/** A text with the places that prompt tokens stand behind: the tokens of the model's own. */
export const prompted = (
  text: ModelText,
  layout: AnchorLayout,
  offset: (anchor: number) => number,
): AnchoredText => anchored(text, layout, text.from, offset)

/** The feeds of a batch. Prompt token `j` stands `j` places on and guesses what the model says at that place. */
export const promptFeeds = (
  { architecture, attention }: Backbone,
  layout: AnchorLayout,
  texts: readonly AnchoredText[],
): Feeds => {
  const { length, ahead: m } = layout
  const rows = anchoredLength(layout)
  const isVector = new Uint8Array(texts.length * rows)
  const prompt = new Int32Array(texts.length * rows)
  for (let i = 0; i < prompt.length; i++) {
    const row = i % rows
    if (row < length) continue
    isVector[i] = 1
    prompt[i] = (row - length) % m
  }
  return {
    ...trainingFeeds(
      architecture,
      attention,
      texts.map((text) => anchoredRows(text, layout)),
    ),
    "is.vector": tensor("bool", [isVector.length, 1], isVector),
    prompt: integers(prompt),
    ...guessFeeds(texts, layout),
  }
}
