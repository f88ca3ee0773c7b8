import type { OutputRequest, Outputs, PromptWatch } from "@parade/core"
import {
  copyRows,
  type DraftPlan,
  noReadings,
  outputsUsed,
  type Readings,
  type TargetUse,
} from "@parade/drafting"

/** The rows of a round, one group after the other: outstanding tokens, proposals, auxiliary rows. */
export interface RoundRows {
  /** The output that is verified by: `logits`, or a readout of them. */
  readonly output: string
  readonly outstanding: number
  readonly nodes: number
  readonly auxiliary: number
}

type Span = readonly [from: number, to: number]

const consecutive = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)

/** Where an output is read: the groups that use it follow one another, so that one stretch of rows holds them. */
const spanOf = (name: string, use: TargetUse, rows: RoundRows): Span => {
  const { output, outstanding, nodes, auxiliary } = rows
  const spans: Span[] = []
  const verified = outstanding + nodes
  // Any of these may turn out to be the newest committed one.
  if (name === output || use.newest?.includes(name) === true) spans.push([outstanding - 1, verified])
  if (use.committed?.includes(name) === true) spans.push([0, verified])
  if (use.proposals?.includes(name) === true) spans.push([outstanding, verified])
  if (use.auxiliary?.includes(name) === true) spans.push([verified, verified + auxiliary])
  return [Math.min(...spans.map(([from]) => from)), Math.max(...spans.map(([, to]) => to))]
}

/** What a round asks of the forward: what is verified by, and what the drafter reads. */
export const roundOutputs = (use: TargetUse, rows: RoundRows): readonly OutputRequest[] =>
  [...new Set([rows.output, ...outputsUsed(use)])].map((name) => ({
    name,
    rows: consecutive(...spanOf(name, use, rows)),
  }))

/** Row `row` of the round among the rows of an output. */
export const rowOf = (name: string, use: TargetUse, rows: RoundRows, row: number): number =>
  row - spanOf(name, use, rows)[0]

/** What the drafter reads of a round whose rows `kept`, ascending, become committed. */
export const roundReadings = (
  use: TargetUse,
  rows: RoundRows,
  kept: Int32Array,
  outputs: Outputs,
): Readings => {
  const read = (names: readonly string[] | undefined, which: Int32Array): Outputs =>
    Object.fromEntries(
      (names ?? []).map((name) => [
        name,
        copyRows(
          outputs[name]!,
          which.map((row) => rowOf(name, use, rows, row)),
        ),
      ]),
    )
  const verified = rows.outstanding + rows.nodes
  return {
    committed: read(use.committed, kept),
    newest: read(use.newest, kept.subarray(-1)),
    proposals: read(use.proposals, consecutive(rows.outstanding, verified)),
    auxiliary: read(use.auxiliary, consecutive(verified, verified + rows.auxiliary)),
  }
}

/** Gathers what a drafter reads of the prompt while that passes in chunks. */
export interface PromptReadings {
  readonly watch: PromptWatch
  readonly readings: () => Readings
}

export const promptReadings = (use: TargetUse): PromptReadings => {
  const { committed = [], newest = [] } = use
  const chunks: Outputs[] = []
  let last: Outputs = {}
  const copied = (
    names: readonly string[],
    outputs: Outputs,
    which: (count: number) => Int32Array,
  ): Outputs =>
    Object.fromEntries(
      names
        .filter((name) => outputs[name] !== undefined)
        .map((name) => [name, copyRows(outputs[name]!, which(outputs[name]!.count))]),
    )
  const joined = (name: string): Outputs[string] => {
    const parts = chunks.map((chunk) => chunk[name]!)
    const count = parts.reduce((sum, part) => sum + part.count, 0)
    const { width } = parts[0]!
    const data = new Float32Array(count * width)
    let at = 0
    for (const part of parts) {
      data.set(part.data, at)
      at += part.data.length
    }
    return { count, width, data, row: (index) => data.subarray(index * width, (index + 1) * width) }
  }
  return {
    watch: {
      every: committed,
      last: newest,
      see: (outputs) => {
        if (committed.length > 0) chunks.push(copied(committed, outputs, (count) => consecutive(0, count)))
        // Seen with every chunk where it is also read at every row; the last chunk is the one that counts.
        last = copied(newest, outputs, (count) => Int32Array.of(count - 1))
      },
    },
    readings: () => ({
      ...noReadings,
      committed: Object.fromEntries(committed.map((name) => [name, joined(name)])),
      newest: last,
    }),
  }
}

/** The sizes of the groups of a round's rows. */
export const roundRows = (output: string, outstanding: number, plan: DraftPlan): RoundRows => ({
  output,
  outstanding,
  nodes: plan.tokens.length,
  auxiliary: plan.auxiliary?.tokens.length ?? 0,
})
