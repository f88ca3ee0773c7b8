import type { CacheFactory, ParadeError, Tokenizer } from "@parade/core"
import type { Accuracy } from "@parade/drafting"
import { type Device, referenceDevice } from "@parade/graph"
import { characters, naiveCache, pieceTokenizer } from "@parade/test"
import { assemble, type Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { tinyParts } from "../_tiny-transformer.ts"

export const width = 16
export const vocabulary = 24

export const caches: CacheFactory = naiveCache

export const tokenizer: Tokenizer = pieceTokenizer(characters(vocabulary))

/** What a drafter needs of the model. */
type Lent = Pick<Parameters<typeof assemble>[0], "outputs" | "lendsHead" | "takesVectors" | "cuts">

/** A small Llama of random weights, large enough that its texts are not all the same. */
export const makeBackbone = (
  seed: number,
  layers: number,
  lent: Lent,
  device: Device = referenceDevice,
): Effect.Effect<Backbone, ParadeError, Scope> =>
  Effect.suspend(() => {
    const parts = tinyParts(seed, { layers, vocabulary, width, inner: 24, context: 96 })
    const { architecture, attention, tensors } = parts
    return Effect.map(assemble({ ...parts, ...lent, device, tokenizer }), (model) => ({
      architecture,
      attention,
      tensors,
      model,
      identity: `tiny ${seed}`,
    }))
  })

/** Shares that fall with the rank and from guess to guess. */
export const fallingAccuracy = (guesses: number): Accuracy =>
  Array.from({ length: guesses }, (_, i) =>
    Array.from({ length: 6 }, (__, rank) => 0.6 * 0.8 ** i * 0.4 ** rank),
  )
