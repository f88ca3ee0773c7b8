import { test } from "node:test"
import type { Group, Schedule, Stage } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { plainBlocks, plainBlocksAhead } from "./_denoising-bench.ts"
import { assertCaught } from "./_broken.ts"
import { scheduleSuite } from "./schedule-suite.ts"

scheduleSuite(test, Effect.succeed(plainBlocks(4)))
scheduleSuite(test, Effect.succeed(plainBlocksAhead(8)))

const catches = (what: string, broken: Schedule, sentence: string): void => {
  test(`the schedule suite catches ${what}`, () =>
    assertCaught((collect) => scheduleSuite(collect, Effect.succeed(broken)), sentence))
}

const withStage = (change: (stage: Stage, asked: number) => Stage): Schedule => ({
  name: "broken",
  open: (shape) => {
    const scheduling = plainBlocksAhead(4).open(shape)
    let asked = 0
    return { next: (state) => change(scheduling.next(state), asked++) }
  },
})
const withGroups = (change: (groups: readonly Group[]) => readonly Group[]): Schedule =>
  withStage((stage) => ({ ...stage, groups: change(stage.groups) }))
const withPositions = (change: (positions: Int32Array) => Int32Array): Schedule =>
  withGroups((groups) => groups.map((group) => ({ ...group, positions: change(group.positions) })))

const order = "opens masked positions, each once and in order"
catches(
  "filled positions that are opened",
  withStage((stage) => ({
    ...stage,
    groups: [{ positions: Int32Array.from({ length: stage.block.end }, (_, i) => i), mustProgress: true }],
  })),
  order,
)
catches(
  "a position opened twice",
  withGroups((groups) => [...groups, groups[0]!]),
  order,
)
catches(
  "positions out of order",
  withPositions((positions) => positions.toReversed()),
  order,
)
catches(
  "an empty group",
  withGroups((groups) => [...groups, { positions: new Int32Array(0), mustProgress: false }]),
  order,
)
catches(
  "a canvas on which nothing must progress",
  withGroups((groups) => groups.map((group) => ({ ...group, mustProgress: false }))),
  "always has something that must progress",
)
catches(
  "a block that is not the one being filled",
  withStage((stage) => ({ ...stage, block: { start: 0, end: 1 } })),
  "works on a block within the canvas",
)
catches(
  "stages that go back",
  withStage((stage) => ({ ...stage, index: -stage.index })),
  "goes from stage to stage, never back",
)
catches(
  "a count of how often it was asked",
  withStage((stage, asked) => (asked % 2 === 0 ? stage : { ...stage, groups: stage.groups.slice(0, 1) })),
  "decides by the canvas",
)
catches(
  "positions that have been cut off",
  {
    name: "broken",
    open: ({ length }) => ({
      next: ({ cells }) => ({
        index: 0,
        block: { start: 0, end: length },
        groups: [
          {
            positions: Int32Array.from({ length }, (_, i) => i).filter((i) => (cells[i] ?? -1) < 0),
            mustProgress: true,
          },
        ],
        force: false,
      }),
    }),
  },
  "goes on with a canvas that has been cut",
)
