/**
 * How much the divergence from the teacher counts after a share `progress` of the steps (`λ`); the rest counts the true
 * tokens. It stays at `first` for a tenth of them and falls to `last` as half a cosine.
 */
export const softShare = (progress: number, first: number, last: number): number => {
  const q = Math.max(0, progress - 0.1) / 0.9
  return first + ((last - first) * (1 - Math.cos(Math.PI * Math.min(1, q)))) / 2
}
