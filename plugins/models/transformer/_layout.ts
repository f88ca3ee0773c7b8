import type { RowLayout, RowPart } from "@parade/core"
import type { Architecture, Attention } from "@parade/layers"

/** What each row stores, layer by layer, as the attention declares it. */
export const rowLayout = (architecture: Architecture, attention: Attention): RowLayout => {
  const parts: RowPart[] = architecture.layers.flatMap((_, layer) =>
    attention
      .stores(architecture, layer)
      .map(({ family, blocks, width }) => ({ name: `${family}.${layer}`, family, layer, blocks, width })),
  )
  const shapes = parts.map(({ name, blocks, width }) => `${name}:${blocks}x${width}`)
  // Rows can be read where they mean the same: turned by the same angles, in the same places.
  const rotary = JSON.stringify(architecture.layers.map((layer) => layer.rotary ?? null))
  return { key: `${architecture.name} ${shapes.join(" ")} ${rotary}`, parts }
}

/** The windows of the layers, each once, `undefined` for layers that see everything. */
export const windowsOf = (
  architecture: Architecture,
  attention: Attention,
): readonly (number | undefined)[] => [
  ...new Set(architecture.layers.map((_, layer) => attention.window(architecture, layer))),
]
