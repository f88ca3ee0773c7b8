import { type AnchorLayout, guessMeter } from "@parade/drafter-recipes"
import type { Device } from "@parade/graph"
import type { Backbone } from "@parade/transformer"
import { isPrompts, prompted, promptFeeds, promptGuesses } from "./prompt-loss.ts"

/** Measures how often each rank of each prompt token's guesses is the model's own token, at places of texts that were not trained on. */
export const accuracyMeter = (
  device: Device,
  backbone: Backbone,
  layout: AnchorLayout,
  start: Float32Array,
): ReturnType<typeof guessMeter> => {
  const one = { ...layout, batch: 1 }
  return guessMeter(device, {
    graph: promptGuesses(backbone, one, start, { kind: device.lowering, without: device.without }),
    trainable: isPrompts,
    feeds: (text) => promptFeeds(backbone, one, [prompted(text, one, () => 0.5)]),
    layout: one,
    vocabulary: backbone.model.info.vocabularySize,
  })
}
