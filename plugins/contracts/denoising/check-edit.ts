import { DecodeError, type ModelInfo } from "@parade/core"
import type { CanvasView, Edit } from "./unmasker.ts"

const broken = (name: string, what: string): DecodeError =>
  new DecodeError({
    code: "denoise.invalid-edit",
    message: `${name} proposed an edit that ${what}.`,
    fault: "bug",
  })

/**
 * What is wrong with an edit, if anything: it fills open positions, each once, with tokens that are no mask. Only an
 * edit that is proposed alone may cut, so that all candidates have the same rows.
 */
export const checkEdit = (
  name: string,
  info: Pick<ModelInfo, "vocabularySize" | "maskToken">,
  { state, stage }: Pick<CanvasView, "state" | "stage">,
  { positions, tokens, cut }: Edit,
  alone = true,
): DecodeError | undefined => {
  const open = new Set(stage.groups.flatMap((group) => [...group.positions]))
  if (tokens.length !== positions.length)
    return broken(name, `has ${positions.length} positions and ${tokens.length} tokens`)
  for (const [i, position] of positions.entries()) {
    if (!open.delete(position)) return broken(name, `fills position ${position}, which is not open`)
    const token = tokens[i]!
    if (!Number.isInteger(token) || token < 0 || token >= info.vocabularySize || token === info.maskToken)
      return broken(name, `puts ${token} at position ${position}, which is no token of a text`)
  }
  if (cut !== undefined && !(Number.isInteger(cut) && cut >= state.leastLength && cut < state.length))
    return broken(name, `cuts a canvas of ${state.length} to ${cut}`)
  if (cut !== undefined && !alone) return broken(name, "is one of several and cuts")
  if (positions.length === 0 && cut === undefined) return broken(name, "does nothing")
  return undefined
}
