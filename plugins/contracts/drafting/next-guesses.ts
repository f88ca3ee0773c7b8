import { largest, type OutputRows } from "@parade/core"
import type { DraftPlan } from "./draft-plan.ts"
import type { DraftOutcome } from "./drafter.ts"
import type { Accuracy } from "./sparse-tree.ts"

/** The auxiliary rows that hang on a node one behind the other. */
const rowsBehind = ({ tokens, auxiliary }: DraftPlan, node: number): readonly number[] => {
  const rows: number[] = []
  let at = node
  for (let row = 0; row < (auxiliary?.parents.length ?? 0); row++)
    if (auxiliary!.parents[row] === at) {
      rows.push(row)
      at = tokens.length + row
    }
  return rows
}

/**
 * What auxiliary rows guess of the tokens behind the newest one, of drafters that read their `logits`: by level the likeliest
 * tokens, as many as ranks were measured, from the rows behind the last accepted node.
 *
 * @param older - what was guessed before the round
 */
export const nextGuesses = (
  { tree, verdict, readings }: DraftOutcome,
  older: readonly Int32Array[],
  accuracy: Accuracy,
): readonly Int32Array[] => {
  const { accepted, appended } = verdict
  const logits: OutputRows | undefined = readings.auxiliary["logits"]
  const rows = logits === undefined ? [] : rowsBehind(tree, accepted.at(-1) ?? -1)
  // Where nothing was asked, what older guesses say of tokens further on still holds.
  if (rows.length === 0) return older.slice(accepted.length + appended.length)
  // The first of them guesses what comes after the token that the target itself has added.
  return rows
    .map((row, level) => largest(logits!.row(row), accuracy[level]!.length))
    .slice(Math.max(0, appended.length - 1))
}
