import type { Window } from "@parade/training"

/** What a recipe trains on or is judged by: sequences of tokens, each with what follows. */
export interface TokenSource {
  readonly name: string
  /** The sequence at a place of an endless stream to train on: a function of the place alone. */
  readonly window: (place: number) => Window
  /** A sequence that is never trained on. */
  readonly heldOut: (place: number) => Window
}

/** A window of tokens that are one longer. */
export const windowOf = (tokens: Int32Array): Window => ({
  tokens: tokens.subarray(0, tokens.length - 1),
  targets: tokens.subarray(1),
})
