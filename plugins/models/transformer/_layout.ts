import type { RowLayout, RowPart } from "@parade/core"
import type { Architecture, Attention } from "@parade/layers"

/** Layers `[from, to)`. */
export type LayerRange = readonly [from: number, to: number]

/** The pieces that a model is made in: from cut to cut. */
export const rangesOf = (layers: number, cuts: readonly number[]): readonly LayerRange[] =>
  [0, ...cuts].map((from, i) => [from, cuts[i] ?? layers])

/** The family of a part, which leaves a forward in one tensor: of a model in pieces, each piece has families of its own. */
export const familyOf = (family: string, layer: number, cuts: readonly number[]): string =>
  cuts.length === 0 ? family : `${family}.from${cuts.findLast((cut) => cut <= layer) ?? 0}`

/** What each row stores, layer by layer, as the attention declares it. */
export const rowLayout = (
  architecture: Architecture,
  attention: Attention,
  cuts: readonly number[] = [],
): RowLayout => {
  const parts: RowPart[] = architecture.layers.flatMap((_, layer) =>
    attention.stores(architecture, layer).map(({ family, blocks, width }) => ({
      name: `${family}.${layer}`,
      family: familyOf(family, layer, cuts),
      layer,
      blocks,
      width,
    })),
  )
  const shapes = parts.map(({ name, blocks, width }) => `${name}:${blocks}x${width}`)
  // Rows can be read where they mean the same: turned by the same angles, in the same places.
  const rotary = JSON.stringify(architecture.layers.map((layer) => layer.rotary ?? null))
  const pieces = cuts.length === 0 ? "" : ` cut at ${cuts.join()}`
  return { key: `${architecture.name} ${shapes.join(" ")} ${rotary}${pieces}`, parts }
}

/** The windows of the layers, each once, `undefined` for layers that see everything. */
export const windowsOf = (
  architecture: Architecture,
  attention: Attention,
  [from, to]: LayerRange = [0, architecture.layers.length],
): readonly (number | undefined)[] => [
  ...new Set(architecture.layers.slice(from, to).map((_, i) => attention.window(architecture, from + i))),
]
