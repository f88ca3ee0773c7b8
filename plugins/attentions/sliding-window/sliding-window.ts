import type { Attention } from "@parade/layers"

/** Which layers a window is put on, and how wide it is. */
export interface SlidingWindowConfig {
  /** A row sees rows less than this many positions away. */
  readonly window: number
  /** All layers where absent. */
  readonly layers?: readonly number[] | undefined
}

/**
 * An attention that sees no further than a window (Longformer, Beltagy et al. 2020; Mistral). The window counts
 * positions, not places, so rows of a tree and reordered rows see what they should. A layer that is narrower already
 * stays so.
 */
export const slidingWindowAttention = (inner: Attention, config: SlidingWindowConfig): Attention => {
  const { window, layers } = config
  const chosen = layers === undefined ? undefined : new Set(layers)
  return {
    ...inner,
    modules: inner.modules === undefined ? [] : [...inner.modules, import.meta.url],
    name: `sliding-window(${window}${chosen === undefined ? "" : ` on ${[...chosen].join(",")}`}) of ${inner.name}`,
    window: (architecture, layer) => {
      const own = inner.window(architecture, layer)
      if (chosen !== undefined && !chosen.has(layer)) return own
      return own === undefined ? window : Math.min(own, window)
    },
  }
}
