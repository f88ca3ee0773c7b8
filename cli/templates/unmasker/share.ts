import { ranked, type Unmasker, withProgress } from "@parade/denoising"

export interface ShareOptions {
  /** The share of the open positions that is filled in a step; at least one is. */
  readonly share: number
}

/** Fills the most confident share of the open positions. */
export const share = ({ share: part }: ShareOptions): Unmasker => ({
  name: "parade-plugin-template",
  // Confidences and tokens are all it reads, so that no rows of the vocabulary need leave the device.
  readsTop: 1,
  open: () => ({
    propose: (view) => {
      const best = ranked(view.open, ({ confidence }) => confidence)
      const count = Math.ceil(part * best.length)
      return [withProgress(view, best.slice(0, count), ({ confidence }) => confidence)]
    },
  }),
})
