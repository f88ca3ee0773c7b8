import { ModelError } from "@parade/core"
import type { Visibility } from "@parade/core"
import { tensor } from "@parade/graph"
import type { Feeds, Tensor } from "@parade/graph"
import type { Architecture, Attention } from "@parade/layers"
import { maskName } from "./_forward.ts"
import { windowsOf } from "./_layout.ts"
import { fillMask, narrowMask } from "./_mask.ts"

/** A sequence to be trained on. */
export interface TrainingSequence {
  readonly tokens: ArrayLike<number>
  /** By default the places. */
  readonly positions?: ArrayLike<number>
  /** Causal where absent. */
  readonly visibility?: Visibility
}

const integers = (rows: readonly ArrayLike<number>[], length: number): Tensor => {
  const data = new BigInt64Array(rows.length * length)
  rows.forEach((row, i) => {
    for (let j = 0; j < length; j++) data[i * length + j] = BigInt(row[j]!)
  })
  return tensor("int64", [data.length], data)
}

/** A mask `[B, L, L]` per window. */
const masksOf = (
  sequences: readonly TrainingSequence[],
  positions: readonly Int32Array[],
  windows: ReturnType<typeof windowsOf>,
): Feeds => {
  const [count, length] = [sequences.length, sequences[0]!.tokens.length]
  const masks = new Map(windows.map((window) => [window, new Float32Array(count * length * length)]))
  const full = new Float32Array(length * length)
  sequences.forEach(({ visibility }, i) => {
    const input = { count: length, cached: 0, capacity: 0, visibility }
    fillMask(full, input)
    for (const [window, all] of masks) {
      const own = all.subarray(i * length * length, (i + 1) * length * length)
      if (window === undefined) own.set(full)
      else narrowMask(own, full, window, input, positions[i]!, new Int32Array(0))
    }
  })
  const shape = [count, length, length]
  return Object.fromEntries(
    [...masks].map(([window, all]) => [maskName(window), tensor("float32", shape, all)]),
  )
}

/** The masks of the last causal batch of an architecture: most trainings have one and the same at every step. */
const kept = new WeakMap<Architecture, { readonly key: string; readonly masks: Feeds }>()

const keptMasks = (architecture: Architecture, key: string, make: () => Feeds): Feeds => {
  const known = kept.get(architecture)
  if (known?.key === key) return known.masks
  const masks = make()
  kept.set(architecture, { key, masks })
  return masks
}

/**
 * What `trainingGraph` is fed for sequences of one length: `tokens`, `positions` and the masks. The masks of causal
 * sequences may be those of the batch before: they are only read.
 *
 * @throws ModelError `model.uneven-sequences` where lengths differ, or a failure of the visibility.
 */
export const trainingFeeds = (
  architecture: Architecture,
  attention: Attention,
  sequences: readonly TrainingSequence[],
): Feeds => {
  const length = sequences[0]?.tokens.length ?? 0
  if (
    length === 0 ||
    sequences.some(
      ({ tokens, positions = tokens }) => tokens.length !== length || positions.length !== length,
    )
  )
    throw new ModelError({
      code: "model.uneven-sequences",
      message: `Sequences of lengths ${[...new Set(sequences.map(({ tokens }) => tokens.length))].join(", ")} do not make a batch.`,
      advice: "Pack or pad them to one length that is not 0.",
    })
  const count = sequences.length
  const places = Int32Array.from({ length }, (_, place) => place)
  const positions = sequences.map(({ positions: own }) => (own === undefined ? places : Int32Array.from(own)))
  const windows = windowsOf(architecture, attention)
  const isPlain = sequences.every(
    ({ visibility, positions: own }) => visibility === undefined && own === undefined,
  )
  const makeMasks = (): Feeds => masksOf(sequences, positions, windows)
  return {
    tokens: integers(
      sequences.map(({ tokens }) => tokens),
      length,
    ),
    positions: integers(positions, length),
    ...(isPlain ? keptMasks(architecture, `${count} ${length} ${windows.join()}`, makeMasks) : makeMasks()),
  }
}
