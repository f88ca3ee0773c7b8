import {
  type Cache,
  type ForwardOptions,
  ModelError,
  type ModelInfo,
  type RowLayout,
  rowCount,
  type Rows,
  rowsTogether,
} from "@parade/core"
import { vectorCount } from "../_rows.ts"

const outside = (index: number, from: number, to: number): boolean =>
  !Number.isInteger(index) || index < from || index >= to

/** What is wrong with a call of `forward`, if anything. */
export const checkForward = (
  info: ModelInfo,
  layout: RowLayout,
  rows: Rows,
  cache: Cache,
  options: Omit<ForwardOptions, "cache">,
): ModelError | undefined => {
  const error = (code: string, message: string, advice?: string): ModelError =>
    new ModelError({ code: `model.${code}`, message, advice })
  const count = rowCount(rows)
  if (cache.layout.key !== layout.key)
    return error("layout-mismatch", `The cache holds rows of ${cache.layout.key}, not of ${layout.key}.`)
  if (count === 0) return error("no-rows", "A forward needs at least one row.")
  if (rows.positions.length !== count * info.positionAxes)
    return error("malformed-rows", `${count} rows come with ${rows.positions.length} positions.`)
  if (rows.labels !== undefined && rows.labels.length !== count)
    return error("malformed-rows", `${count} rows come with ${rows.labels.length} labels.`)
  if ((rows.vectors?.length ?? 0) !== vectorCount(rows) * info.width)
    return error("malformed-rows", `Each -1 among the tokens needs a vector of ${info.width} floats.`)
  const strange = rows.tokens.find((token) => outside(token, -1, info.vocabularySize))
  if (strange !== undefined)
    return error(
      "token-out-of-range",
      `There is no token ${strange}.`,
      `Use ids below ${info.vocabularySize}.`,
    )
  const together = rowsTogether(options.visibility, count)
  if (cache.length + together > info.contextLength)
    return error(
      "context-full",
      `${cache.length} + ${together} rows are more than the context of ${info.contextLength}.`,
    )
  if (options.layers !== undefined && (options.layers[0] !== 0 || options.layers[1] !== info.layers))
    return error("no-such-layers", `Layers ${options.layers.join(" to ")} cannot run by themselves.`)
  const { visibility } = options
  if (visibility !== undefined && visibility.rule !== "dense") {
    const list =
      visibility.rule === "ranked"
        ? visibility.ranks
        : visibility.rule === "tree"
          ? visibility.parents
          : visibility.branches
    if (list.length !== count)
      return error("malformed-visibility", `${count} rows come with ${list.length} entries of visibility.`)
  }
  for (const wanted of options.outputs) {
    if (!info.outputs.includes(wanted.name))
      return error(
        "no-such-output",
        `There is no output ${wanted.name}.`,
        `Ask for ${info.outputs.join(", ")}.`,
      )
    for (let i = 0; i < wanted.rows.length; i++)
      if (outside(wanted.rows[i]!, 0, count))
        return error("row-out-of-range", `There is no row ${wanted.rows[i]}; there are ${count}.`)
  }
  return undefined
}
