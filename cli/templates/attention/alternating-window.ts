import type { Attention } from "@parade/layers"

export interface AlternatingWindowOptions {
  /** The attention that is narrowed. */
  readonly attention: Attention
  /** A row sees rows less than this many positions away. */
  readonly window: number
  /** Of so many layers the last sees everything. */
  readonly every: number
}

/**
 * Narrows all layers but every `every`-th to a window of positions, as Gemma's layers are. A layer that is narrower
 * already stays so. What rows store and what is computed of them is the business of the attention within.
 */
export const alternatingWindow = ({ attention, window, every }: AlternatingWindowOptions): Attention => ({
  ...attention,
  // Equal names build alike, so that a name says everything that was set.
  name: `parade-plugin-template(${window}, ${every}) of ${attention.name}`,
  modules: attention.modules === undefined ? [] : [...attention.modules, import.meta.url],
  window: (architecture, layer) => {
    const own = attention.window(architecture, layer)
    if ((layer + 1) % every === 0) return own
    return own === undefined ? window : Math.min(own, window)
  },
})
