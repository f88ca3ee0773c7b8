import { ModelError, type WeightsError } from "@parade/core"
import { isLowRank, type LowRank, lowRankNames } from "@parade/graph"
import type { TensorPlaces } from "@parade/transformer"
import { type OutgoingAdapter, writeAdapters } from "@parade/weights"
import * as Effect from "effect/Effect"

/** Corrections of low rank that were trained beside a checkpoint. */
export interface TrainedAdapters extends Pick<LowRank, "rank" | "alpha"> {
  /** The checkpoint, as its adapters name it. */
  readonly base: string
}

interface Corrected {
  readonly identity: string
  readonly rows: number
  readonly columns: number
}

/** The matrices that have a correction among trained parameters. */
const correctedOf = (values: ReadonlyMap<string, Float32Array>, rank: number): readonly Corrected[] =>
  [...values.keys()].flatMap((name) => {
    const identity = name.replace(/\.lora_A$/, "")
    if (!isLowRank(name) || identity === name) return []
    const { a, b } = lowRankNames(identity)
    return [{ identity, rows: values.get(b)!.length / rank, columns: values.get(a)!.length / rank }]
  })

/** The matrix of the graph that a tensor lies in, and which of its rows the tensor's are; nothing where it has no correction. */
const rowsIn = (
  { name, shape, collect }: TensorPlaces,
  corrected: readonly Corrected[],
): { readonly matrix: Corrected; readonly rows: readonly number[] } | undefined => {
  const tell = (number: (matrix: Corrected, index: number, at: number) => number): Float32Array =>
    collect((identity) => {
      const index = corrected.findIndex((one) => one.identity === identity)
      const matrix = corrected[index]
      if (matrix === undefined) return new Float32Array(0)
      const { rows, columns } = matrix
      return Float32Array.from({ length: rows * columns }, (_, at) => number(matrix, index, at))
    })
  const owners = new Set(tell((_, index) => index))
  const [owner] = owners
  if (owners.size === 1 && Number.isNaN(owner)) return undefined
  const matrix = corrected[owner!]
  const [, columns] = shape
  const places = tell(({ columns: width }, _, at) => at % width)
  if (owners.size !== 1 || matrix === undefined || places.some((place, i) => place !== i % columns!))
    throw new ModelError({
      code: "model.untraceable-weights",
      message: `The correction of "${name}" is not one of its rows.`,
      advice: "Train the weights themselves, or corrections of matrices that are held as [out, in].",
      path: name,
    })
  const rows = tell(({ columns: width }, _, at) => Math.floor(at / width))
  return { matrix, rows: Array.from({ length: shape[0]! }, (_, row) => rows[row * columns!]!) }
}

/**
 * Writes trained corrections as the adapters of the checkpoint's own tensors, however the graph packs and reorders them:
 * tensors that are rows of one matrix share its `A`.
 */
export const saveAdapters = (
  folder: string,
  { rank, alpha, base }: TrainedAdapters,
  places: readonly TensorPlaces[],
  values: ReadonlyMap<string, Float32Array>,
  metadata: Readonly<Record<string, string>>,
): Effect.Effect<void, ModelError | WeightsError> =>
  Effect.gen(function* () {
    const corrected = correctedOf(values, rank)
    const modules = new Map<string, OutgoingAdapter>()
    for (const place of places) {
      if (place.shape.length !== 2) continue
      const found = yield* Effect.try({
        try: () => rowsIn(place, corrected),
        catch: (cause) => cause as ModelError,
      })
      if (found === undefined) continue
      const { identity, columns } = found.matrix
      const names = lowRankNames(identity)
      const whole = values.get(names.b)!
      const b = new Float32Array(found.rows.length * rank)
      found.rows.forEach((row, i) => b.set(whole.subarray(row * rank, (row + 1) * rank), i * rank))
      modules.set(place.name.replace(/\.weight$/, ""), {
        rows: found.rows.length,
        columns,
        a: values.get(names.a)!,
        b,
      })
    }
    yield* writeAdapters(folder, { base, rank, alpha, modules, metadata })
  })
