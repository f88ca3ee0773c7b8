import { type Feeds, integers } from "@parade/graph"
import type { Visibility } from "@parade/core"
import type { ModelText } from "@parade/recipes"

/** How texts, and rows behind some of their places, are laid out in a batch. */
export interface AnchorLayout {
  /** Texts of a batch. */
  readonly batch: number
  /** Rows of a text, at most; shorter ones are filled up. */
  readonly length: number
  /** Places of a text that rows stand behind. */
  readonly anchors: number
  /** Rows behind each place, one behind the other. */
  readonly ahead: number
}

/** A text with the places that rows stand behind. */
export interface AnchoredText extends ModelText {
  readonly anchors: readonly number[]
}

/** Rows of a text with those behind its places. */
export const anchoredLength = ({ length, anchors, ahead }: AnchorLayout): number => length + anchors * ahead

/**
 * Places of a text from `first` on, spread evenly, at `offset` from 0 to 1 in each stretch; as many as the text's own words
 * allow, since behind the last of them the model has said what the `ahead` rows guess.
 */
export const anchored = (
  text: ModelText,
  { anchors, ahead }: AnchorLayout,
  first: number,
  offset: (anchor: number) => number,
): AnchoredText => {
  const places = text.tokens.length - ahead - text.from
  return {
    ...text,
    anchors: Array.from(
      { length: anchors },
      (_, i) => first + Math.min(places - 1, Math.floor(((i + offset(i)) * places) / anchors)),
    ),
  }
}

/** A text, then the rows of each place; each sees the text up to its place, and the rows before it unless they are `apart`. */
export const anchoredRows = (
  { tokens, anchors }: AnchoredText,
  layout: AnchorLayout,
  apart = false,
): { readonly tokens: Int32Array; readonly positions: Int32Array; readonly visibility: Visibility } => {
  const { length, ahead } = layout
  const rows = anchoredLength(layout)
  const all = new Int32Array(rows)
  const positions = new Int32Array(rows)
  const parents = new Int32Array(rows)
  all.set(tokens)
  for (let row = 0; row < length; row++) {
    positions[row] = row
    parents[row] = row - 1
  }
  for (const [i, place] of anchors.entries())
    for (let j = 0; j < ahead; j++) {
      const row = length + i * ahead + j
      positions[row] = place + 1 + j
      parents[row] = j === 0 || apart ? place : row - 1
    }
  return { tokens: all, positions, visibility: { rule: "tree", parents } }
}

/**
 * Which rows of a batch guess, and which say what is right: `student.<j>` the `j`-th row behind every place, `teacher.<j>` the
 * row of the text `j` places on, each `[batch · anchors]`.
 */
export const guessFeeds = (texts: readonly AnchoredText[], layout: AnchorLayout): Feeds => {
  const { length, ahead } = layout
  const rows = anchoredLength(layout)
  const feeds: Record<string, Feeds[string]> = {}
  for (let j = 0; j < ahead; j++) {
    feeds[`student.${j + 1}`] = integers(
      texts.flatMap(({ anchors }, t) => anchors.map((_, i) => t * rows + length + i * ahead + j)),
    )
    feeds[`teacher.${j + 1}`] = integers(
      texts.flatMap(({ anchors }, t) => anchors.map((place) => t * rows + place + 1 + j)),
    )
  }
  return feeds
}
