import type { Model, ParadeError } from "@parade/core"
import type { Device } from "@parade/graph"
import { normals } from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { identityMap } from "./map-graph.ts"
import type { TransferMaps } from "./maps.ts"
import { fallingAccuracy, makeBackbone, width } from "../_tiny-backbone.ts"

export { caches, fallingAccuracy, tokenizer, vocabulary, width } from "../_tiny-backbone.ts"

/** States are transferred behind the first of three layers. */
export const layer = 1

export const tinyBackbone = (seed: number, device?: Device): Effect.Effect<Backbone, ParadeError, Scope> =>
  makeBackbone(seed, 3, { cuts: [layer], lendsHead: true }, device)

export const tinyLlama = (seed: number): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(tinyBackbone(seed), ({ model }) => model)

/** Maps of normal floats; the identity for a deviation of 0. */
export const randomMaps = (seed: number, k: number, deviation: number): TransferMaps => {
  const next = normals(seed)("maps")
  return {
    width,
    layer,
    weights: Array.from({ length: k }, () =>
      deviation === 0
        ? identityMap(width)
        : Float32Array.from({ length: width * width }, () => deviation * next()),
    ),
    accuracy: fallingAccuracy(k),
    vocabularyFingerprint: "tiny",
  }
}
