import { CacheError, isMadeOfLogits, leastDrawn, ModelError, rowsTogether } from "@parade/core"
import type { Draws, ForwardOptions, ModelInfo, Rows } from "@parade/core"

const sameRows = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return a.length === b.length
}

const bug = (code: string, message: string, advice?: string): ModelError =>
  new ModelError({ code: `model.${code}`, message, advice, fault: "bug" })

const checkDraws = ({ u, temperature }: Draws, rows: number): ModelError | undefined => {
  if (u.length !== rows) return bug("bad-draws", `${u.length} draws came for ${rows} rows.`)
  for (let i = 0; i < rows; i++)
    if (!(u[i]! >= 0 && u[i]! < 1)) return bug("bad-draws", `A draw is in [0, 1), not ${u[i]}.`)
  if (!(temperature >= leastDrawn && temperature < Infinity))
    return bug("bad-draws", `The device does not draw at temperature ${temperature}.`, "Read whole rows.")
  return undefined
}

/** What is wrong with the rows or options of a forward, or nothing. Devices are never handed what they might read past. */
export const checkForward = (
  info: ModelInfo,
  layoutKey: string,
  vectorsGranted: boolean,
  rows: Rows,
  options: ForwardOptions,
): ModelError | CacheError | undefined => {
  const { tokens, positions } = rows
  const count = tokens.length
  if (count === 0) return bug("no-rows", "A forward needs at least one row.")
  if (positions.length !== count)
    return bug("bad-rows", `${count} rows came with ${positions.length} positions.`)
  const ends = [0, ...(info.cuts ?? []), info.layers]
  const [from, to] = options.layers ?? [0, info.layers]
  if (!ends.includes(from) || !ends.includes(to) || from >= to)
    return bug(
      "no-such-layers",
      `There is no forward of layers ${from} to ${to}; they begin and end at ${ends.join(", ")}.`,
      "Layers that a forward begins or ends at are declared as needs (`cut`).",
    )
  if (options.cache.layout.key !== layoutKey)
    return new CacheError({
      code: "cache.foreign",
      message: `The cache holds rows of "${options.cache.layout.key}", the model writes "${layoutKey}".`,
      advice: "Make the cache over a store of this model.",
      fault: "bug",
    })
  const together = rowsTogether(options.visibility, count)
  if (options.cache.length + together > info.contextLength)
    return new ModelError({
      code: "model.context-full",
      message: `${options.cache.length} rows and ${together} new ones do not fit in a context of ${info.contextLength}.`,
      advice: "Shorten the prompt or ask for fewer tokens.",
    })
  let vectors = 0
  for (let i = 0; i < count; i++) {
    const token = tokens[i]!
    if (token === -1) vectors++
    else if (from > 0) return bug("bad-rows", `Rows enter layer ${from} as vectors; row ${i} is a token.`)
    else if (token < 0 || token >= info.vocabularySize)
      return new ModelError({
        code: "model.unknown-token",
        message: `Token ${token} is not among the ${info.vocabularySize} of the vocabulary.`,
      })
    if (positions[i]! < 0 || positions[i]! >= info.contextLength)
      return bug("bad-position", `Position ${positions[i]} is outside the context of ${info.contextLength}.`)
  }
  if (vectors > 0 && from === 0 && !vectorsGranted)
    return bug("vectors-not-granted", "Rows of vectors must be declared as a need (`vectors`).")
  if (vectors * info.width !== (rows.vectors?.length ?? 0))
    return bug("bad-rows", `${vectors} rows of vectors need ${vectors * info.width} floats.`)
  const ofLogits = options.outputs.filter(({ name }) => isMadeOfLogits(name))
  if (ofLogits.some(({ rows: some }) => !sameRows(some, ofLogits[0]!.rows)))
    return bug("bad-output-row", "Logits and readouts of them are given at the same rows.")
  for (const output of options.outputs) {
    if (!info.outputs.includes(output.name))
      return bug(
        "unknown-output",
        `There is no output "${output.name}".`,
        `Outputs are declared as needs; there are ${info.outputs.join(", ")}.`,
      )
    const layer = Number(/^hidden\.(\d+)$/.exec(output.name)?.[1] ?? info.layers)
    if (layer < from || layer > to)
      return bug("unknown-output", `A forward of layers ${from} to ${to} does not give ${output.name}.`)
    for (let i = 0; i < output.rows.length; i++) {
      const row = output.rows[i]!
      if (!(row >= 0 && row < count) || !Number.isInteger(row))
        return bug("bad-output-row", `Row ${row} is not among the ${count} of this forward.`)
    }
    const named = output.tokens ?? []
    if (named.length % Math.max(1, output.rows.length) !== 0)
      return bug(
        "bad-output-tokens",
        `${named.length} tokens are not equally many for ${output.rows.length} rows.`,
      )
    for (let i = 0; i < named.length; i++)
      if (!(named[i]! >= 0 && named[i]! < info.vocabularySize))
        return bug(
          "bad-output-tokens",
          `Token ${named[i]} is not among the ${info.vocabularySize} of the vocabulary.`,
        )
    if (output.draws !== undefined) {
      const problem = checkDraws(output.draws, output.rows.length)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}
