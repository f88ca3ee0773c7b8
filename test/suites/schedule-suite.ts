import assert from "node:assert/strict"
import type { CanvasShape, CanvasState, Schedule, Scheduling, Stage } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { emptyState, filledState, some } from "./_denoising-bench.ts"
import { type Factory, promises, type TestFunction } from "./test-function.ts"

const shapes: readonly CanvasShape[] = [
  { promptLength: 1, length: 1 },
  { promptLength: 3, length: 4 },
  { promptLength: 5, length: 64 },
  { promptLength: 2, length: 128 },
]

interface Asked {
  readonly state: CanvasState
  readonly stage: Stage
}

/** Fills what a schedule opens, some of it at a time, to the end. */
const fillUp = (
  scheduling: Scheduling,
  start: CanvasState,
  seed: number,
  change: (state: CanvasState, round: number) => CanvasState = (state) => state,
): readonly Asked[] => {
  const asked: Asked[] = []
  let state = start
  while (state.masked > 0) {
    assert.ok(asked.length <= start.length, "the canvas is never filled")
    const stage = scheduling.next(state)
    asked.push({ state, stage })
    const open = stage.groups.flatMap(({ positions }) => [...positions])
    assert.ok(open.length > 0, "nothing is open")
    state = change(filledState(state, some(open, seed + asked.length)), asked.length)
  }
  return asked
}

/** What every schedule promises: masked positions in order, stages that follow each other, and no memory but the canvas. */
export const scheduleSuite = (test: TestFunction, factory: Factory<Schedule>): void => {
  const promise = promises(test, "schedule", factory)
  const fitting = (schedule: Schedule): readonly CanvasShape[] =>
    shapes.filter((shape) => schedule.check?.(shape) === undefined)
  /** Every canvas it takes, empty and with something given, filled in two ways. */
  const runs = (schedule: Schedule): readonly (readonly Asked[])[] =>
    fitting(schedule).flatMap((shape) =>
      [[], [0], [shape.length - 1], [1, 2, 7]].flatMap((given) => {
        const inside = given.filter((position) => position < shape.length && shape.length > 1)
        return [1, 2].map((seed) =>
          fillUp(schedule.open(shape), emptyState(shape.promptLength, shape.length, inside), seed),
        )
      }),
    )

  promise("takes a canvas of some length", (schedule) =>
    Effect.sync(() =>
      assert.ok(
        schedule.name.length > 0 && fitting(schedule).length > 0,
        "it has no name, or takes no canvas",
      ),
    ),
  )

  promise("opens masked positions, each once and in order, until nothing is masked", (schedule) =>
    Effect.sync(() => {
      for (const { state, stage } of runs(schedule).flat()) {
        const seen = new Set<number>()
        for (const { positions } of stage.groups) {
          assert.ok(positions.length > 0, "a group is empty")
          positions.forEach((position, i) => {
            assert.equal(state.cells[position], -1, `position ${position} is not masked`)
            assert.ok(!seen.has(position), `position ${position} is open twice`)
            assert.ok(i === 0 || position > positions[i - 1]!, "positions do not ascend")
            seen.add(position)
          })
        }
      }
    }),
  )

  promise("always has something that must progress", (schedule) =>
    Effect.sync(() => {
      for (const { stage } of runs(schedule).flat())
        assert.ok(
          stage.groups.some(({ mustProgress }) => mustProgress),
          `nothing must in stage ${stage.index}`,
        )
    }),
  )

  promise("works on a block within the canvas that holds what is most urgent", (schedule) =>
    Effect.sync(() => {
      for (const { state, stage } of runs(schedule).flat()) {
        const { start, end } = stage.block
        assert.ok(start >= -state.promptLength && start < end && end <= state.length, `${start} to ${end}`)
        for (const position of stage.groups[0]!.positions)
          assert.ok(
            position >= start && position < end,
            `position ${position} is not within ${start} to ${end}`,
          )
      }
    }),
  )

  promise("goes from stage to stage, never back", (schedule) =>
    Effect.sync(() => {
      for (const run of runs(schedule))
        run.forEach(({ stage }, i) => {
          const before = run[i - 1]?.stage
          if (before === undefined) return
          assert.ok(stage.index >= before.index, "the index falls")
          assert.ok(stage.block.start >= before.block.start, "the block goes back")
        })
    }),
  )

  promise("decides by the canvas, not by how often it is asked, and one canvas at a time", (schedule) =>
    Effect.sync(() => {
      for (const shape of fitting(schedule)) {
        const often = schedule.open(shape)
        const once = schedule.open(shape)
        const start = emptyState(shape.promptLength, shape.length)
        for (const { state, stage } of fillUp(once, start, 3)) {
          const answers = [often.next(state), often.next(state), often.next(state)]
          for (const answer of answers) assert.deepEqual(answer, stage)
        }
      }
    }),
  )

  promise("goes on with a canvas that has been cut", (schedule) =>
    Effect.sync(() => {
      for (const shape of fitting(schedule).filter(({ length }) => length > 2)) {
        const length = Math.ceil(shape.length / 2) + 1
        const start = emptyState(shape.promptLength, shape.length)
        const cut = (state: CanvasState) => (state.length > length ? filledState(state, [], length) : state)
        for (const { state, stage } of fillUp(schedule.open(shape), start, 4, cut))
          for (const { positions } of stage.groups)
            for (const position of positions)
              assert.ok(position < state.length, "an open position is cut off")
      }
    }),
  )
}
