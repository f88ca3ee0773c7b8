import { RecipeError } from "./error.ts"

/** The law of the next token by counts of short sequences. */
export interface NgramModel {
  readonly order: number
  /** The mean negative log-likelihood, in nats, of `targets[i]` after `tokens[0 … i]`. */
  readonly loss: (window: { readonly tokens: Int32Array; readonly targets: Int32Array }) => number
}

/** The sequences of one length that were seen, in order, and how often: a sequence is its tokens as digits. */
interface Level {
  readonly keys: Float64Array
  /** `before[i]`: the counts of all keys before the i-th. */
  readonly before: Float64Array
  readonly discount: number
}

const levelOf = (all: Float64Array): Level => {
  all.sort()
  const keys: number[] = []
  const before = [0]
  let [once, twice] = [0, 0]
  for (let i = 0, j = 0; i < all.length; i = j) {
    while (j < all.length && all[j] === all[i]) j++
    keys.push(all[i]!)
    before.push(j)
    if (j - i === 1) once++
    else if (j - i === 2) twice++
  }
  // Ney et al. 1994; where nothing was seen once or twice, half a count.
  const discount = once > 0 && twice > 0 ? once / (once + 2 * twice) : 0.5
  return { keys: Float64Array.from(keys), before: Float64Array.from(before), discount }
}

/** The first place whose key is not below. */
const lowerBound = (keys: Float64Array, key: number): number => {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Interpolated Kneser–Ney of an order: the longest sequences by how often they were seen, shorter ones by how many
 * different tokens they were seen after, each level discounted by its own amount. The strongest of the models that only
 * count, so what a trained one has to beat.
 *
 * @throws RecipeError `recipe.bad-ngram` where sequences of this order do not fit into numbers.
 */
export const kneserNey = (
  streams: readonly Int32Array[],
  options: { readonly order: number; readonly vocabulary: number },
): NgramModel => {
  const { order, vocabulary } = options
  if (!Number.isSafeInteger(order) || order < 1 || vocabulary ** order > Number.MAX_SAFE_INTEGER)
    throw new RecipeError({
      code: "recipe.bad-ngram",
      message: `Sequences of ${order} out of ${vocabulary} tokens cannot be counted.`,
      advice: "Choose a smaller order.",
    })
  const longest = streams.flatMap((stream) => {
    const keys = new Float64Array(Math.max(0, stream.length - order + 1))
    for (let i = 0; i < keys.length; i++)
      for (let j = 0; j < order; j++) keys[i] = keys[i]! * vocabulary + stream[i + j]!
    return [keys]
  })
  const all = new Float64Array(longest.reduce((sum, { length }) => sum + length, 0))
  longest.reduce((at, keys) => (all.set(keys, at), at + keys.length), 0)
  const levels: Level[] = [levelOf(all)]
  // Different longer sequences with the same end are different tokens before it.
  for (let length = order - 1; length >= 1; length--)
    levels.unshift(levelOf(levels[0]!.keys.map((key) => key % vocabulary ** length)))
  /** Of the token that is the last digit of the history, after the digits before it. */
  const probability = (history: number, known: number): number => {
    let p = 1 / vocabulary
    for (let length = 1; length <= Math.min(order, known); length++) {
      const { keys, before, discount } = levels[length - 1]!
      const key = history % vocabulary ** length
      const context = key - (key % vocabulary)
      const [from, to] = [lowerBound(keys, context), lowerBound(keys, context + vocabulary)]
      const total = before[to]! - before[from]!
      // A context that was never seen says no more than the shorter one.
      if (total === 0) break
      const at = lowerBound(keys, key)
      const count = keys[at] === key ? before[at + 1]! - before[at]! : 0
      p = (Math.max(0, count - discount) + discount * (to - from) * p) / total
    }
    return p
  }
  return {
    order,
    loss: ({ tokens, targets }) => {
      let sum = 0
      let history = 0
      for (let i = 0; i < tokens.length; i++) {
        history = (history * vocabulary + tokens[i]!) % vocabulary ** (order - 1)
        sum -= Math.log(probability(history * vocabulary + targets[i]!, i + 2))
      }
      return sum / tokens.length
    },
  }
}
