/** A text that is masked by itself, at positions of its own, and seen by nothing else. */
export interface Passage {
  readonly tokens: Int32Array
  /** So many tokens at the beginning are never masked: a prompt. */
  readonly given: number
}

/** A sequence of passages, one after another. */
export type PassageSequence = readonly Passage[]

/** What the model is trained on or judged by: sequences of one length, each a function of its place alone. */
export interface PassageSource {
  readonly name: string
  readonly sequence: (place: number) => PassageSequence
  /** Sequences that are never trained on. */
  readonly heldOut: (place: number) => PassageSequence
  /** What a model that counts may count. */
  readonly counted: () => Int32Array
}
