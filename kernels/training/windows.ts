import { TrainingError } from "./error.ts"

/** Tokens and what follows each of them. */
export interface Window {
  readonly tokens: Int32Array
  readonly targets: Int32Array
}

/** Sequences of one length out of a stream of tokens. */
export interface TokenWindows {
  readonly count: number
  readonly window: (index: number) => Window
}

/** The texts one after another as tokens, each followed by the separator where there is one. */
export const packTokens = (texts: Iterable<ArrayLike<number>>, separator?: number): Int32Array => {
  let packed = new Int32Array(1024)
  let length = 0
  const reserve = (more: number): void => {
    if (length + more <= packed.length) return
    const larger = new Int32Array(Math.max(2 * packed.length, length + more))
    larger.set(packed.subarray(0, length))
    packed = larger
  }
  for (const text of texts) {
    reserve(text.length + 1)
    packed.set(text, length)
    length += text.length
    if (separator !== undefined) packed[length++] = separator
  }
  return packed.slice(0, length)
}

/**
 * Cuts a stream into windows of `length` tokens, one after another, with the token that follows each; a rest that fills
 * no window is left out.
 *
 * @throws TrainingError `training.too-little-data` where there is not one window.
 */
export const tokenWindows = (stream: Int32Array, length: number): TokenWindows => {
  const count = Math.floor((stream.length - 1) / length)
  if (!Number.isSafeInteger(length) || length < 1 || count < 1)
    throw new TrainingError({
      code: "training.too-little-data",
      message: `${stream.length} tokens do not fill one sequence of ${length} and the token after it.`,
      advice: "Give more data, or train on shorter sequences.",
    })
  return {
    count,
    window: (index) => ({
      tokens: stream.subarray(index * length, (index + 1) * length),
      targets: stream.subarray(index * length + 1, (index + 1) * length + 1),
    }),
  }
}
