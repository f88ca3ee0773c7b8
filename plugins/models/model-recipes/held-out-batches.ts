import type { ModelSettings } from "./settings.ts"

/** The held-out sequences of a source, by batch: those that losses are evaluated on. */
export const heldOutBatches = <S>(
  source: { readonly heldOut: (place: number) => S },
  { batch, heldOutBatches: count }: Pick<ModelSettings, "batch" | "heldOutBatches">,
): readonly (readonly S[])[] =>
  Array.from({ length: count }, (_, i) =>
    Array.from({ length: batch }, (_, j) => source.heldOut(i * batch + j)),
  )
