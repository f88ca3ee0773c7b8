import type { Unmasker } from "./unmasker.ts"

/**
 * What an unmasker says that decides by another: it reads what that one reads, of each distribution the likeliest token at
 * least, and its trained parts are for the same vocabulary.
 */
export const around = ({
  reads,
  readsTop,
  readsEntropy,
  drawsAnew,
  vocabularyFingerprint,
}: Unmasker): Pick<
  Unmasker,
  "reads" | "readsTop" | "readsEntropy" | "drawsAnew" | "vocabularyFingerprint"
> => ({
  ...(reads === undefined ? {} : { reads }),
  ...(readsTop === undefined ? {} : { readsTop: Math.max(1, readsTop) }),
  ...(readsEntropy === undefined ? {} : { readsEntropy }),
  ...(drawsAnew === undefined ? {} : { drawsAnew }),
  ...(vocabularyFingerprint === undefined ? {} : { vocabularyFingerprint }),
})
