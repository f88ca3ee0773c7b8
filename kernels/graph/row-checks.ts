import { DeviceError } from "@parade/core"
import type { RowLayout, RowPart } from "@parade/core"
import type { Feed } from "./device.ts"

/** A part of a layout, and where a graph takes it and gives its new rows. */
export interface PlacedPart extends RowPart {
  /** Graph input it is fed to. */
  readonly input: string
  /** Graph output its new rows come from. */
  readonly output: string
  /** Blocks of earlier parts of the family, which come before it in that output. */
  readonly offset: number
}

/** The parts of a layout with their places in the outputs of their families: in layout order. */
export const placeParts = (layout: RowLayout): readonly PlacedPart[] => {
  const offsets = new Map<string, number>()
  return layout.parts.map((part) => {
    const offset = offsets.get(part.family) ?? 0
    offsets.set(part.family, offset + part.blocks)
    return { ...part, input: `past.${part.name}`, output: `new.${part.family}`, offset }
  })
}

/** A mistake of whoever calls a row store. */
export const refuseRows = (what: string, message: string, advice?: string): DeviceError =>
  new DeviceError({ code: `device.rows-${what}`, message, advice, fault: "bug" })

/** What is wrong with a layout, or with the step places are reserved in. */
export const checkLayout = (layout: RowLayout, step: number): DeviceError | undefined => {
  if (!Number.isSafeInteger(step) || step < 1)
    return refuseRows("layout", `Places are reserved in steps of a positive integer, not ${step}.`)
  const names = new Set<string>()
  for (const part of layout.parts) {
    if (![part.blocks, part.width].every((size) => Number.isSafeInteger(size) && size > 0))
      return refuseRows("layout", `Part "${part.name}" needs positive blocks and width.`)
    if (names.has(part.name)) return refuseRows("layout", `Two parts are named "${part.name}".`)
    names.add(part.name)
  }
  return undefined
}

/** What is wrong with the number of rows to make room for. */
export const checkCount = (rows: number): DeviceError | undefined =>
  Number.isSafeInteger(rows) && rows >= 0
    ? undefined
    : refuseRows("out-of-range", `Cannot make room for ${rows} rows.`)

/** Whether `count` places from `at` on are among those there are. */
export const checkPlaces = (at: number, count: number, capacity: number): DeviceError | undefined =>
  Number.isSafeInteger(at) && Number.isSafeInteger(count) && at >= 0 && count >= 0 && at + count <= capacity
    ? undefined
    : refuseRows(
        "out-of-range",
        `Places ${at} to ${at + count} do not lie within the ${capacity} there are.`,
        "Reserve room first.",
      )

/** Whether rows are among the places there are, and ascend where they must. */
export const checkRows = (
  rows: ArrayLike<number>,
  capacity: number,
  ascending: boolean,
): DeviceError | undefined => {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (!Number.isSafeInteger(row) || row < 0 || row >= capacity)
      return refuseRows("out-of-range", `Place ${row} is not among the ${capacity} there are.`)
    if (ascending && i > 0 && row <= rows[i - 1]!)
      return refuseRows("order", `Places to keep must ascend; ${row} follows ${rows[i - 1]}.`)
  }
  return undefined
}

/** Whether an output of a forward holds a part's new rows, `from` among them. */
export const checkPending = (
  part: PlacedPart,
  output: Feed | undefined,
  from: ArrayLike<number>,
): DeviceError | undefined => {
  const name = part.output
  if (output === undefined || output.type !== "float32")
    return refuseRows("shape", `Output "${name}" is missing or not of floats.`)
  const [blocks, rows, width] = output.dims
  if (output.dims.length !== 3 || blocks! < part.offset + part.blocks || width !== part.width)
    return refuseRows(
      "shape",
      `Output "${name}" of shape [${output.dims.join(", ")}] does not hold part "${part.name}".`,
    )
  for (let i = 0; i < from.length; i++)
    if (!Number.isSafeInteger(from[i]!) || from[i]! < 0 || from[i]! >= rows!)
      return refuseRows("out-of-range", `Row ${from[i]} is not among the ${rows} new rows.`)
  return undefined
}

/** Whether floats hold `count` rows of each part. */
export const checkParts = (
  layout: RowLayout,
  parts: Readonly<Record<string, Float32Array>>,
  count: number,
): DeviceError | undefined => {
  for (const { name, blocks, width } of layout.parts)
    if (parts[name]?.length !== blocks * count * width)
      return refuseRows("shape", `Part "${name}" does not hold ${count} rows of this layout.`)
  return undefined
}
