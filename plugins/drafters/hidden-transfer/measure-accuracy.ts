import { guessMeter } from "@parade/drafter-recipes"
import type { Device } from "@parade/graph"
import type { Backbone } from "@parade/transformer"
import { isMap, transferFeeds, transferGuesses, type TransferLayout, transferred } from "./transfer-loss.ts"

/** Measures how often each rank of each pseudo state's guesses is the model's own token, at rows of texts that were not trained on. */
export const accuracyMeter = (
  device: Device,
  backbone: Backbone,
  layout: TransferLayout,
): ReturnType<typeof guessMeter> => {
  const one = { ...layout, batch: 1 }
  return guessMeter(device, {
    graph: transferGuesses(backbone, one, { kind: device.lowering, without: device.without }),
    trainable: isMap,
    feeds: (text) => transferFeeds(backbone, one, [transferred(text, one, () => 0.5)]),
    layout: one,
    vocabulary: backbone.model.info.vocabularySize,
  })
}
