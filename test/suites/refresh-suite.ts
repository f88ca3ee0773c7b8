import assert from "node:assert/strict"
import type { CanvasShape, CanvasState, Refresh, RowPlan, Stage } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { emptyState, filledState, plainBlocks, some } from "./_denoising-bench.ts"
import { type Factory, promises, type TestFunction } from "./test-function.ts"

const shapes: readonly CanvasShape[] = [
  { promptLength: 1, length: 4 },
  { promptLength: 6, length: 16 },
]

/** A kept row, and what it saw when it was computed: the cell of each position. */
type Row = ReadonlyMap<number, number>

interface Planned {
  readonly state: CanvasState
  readonly stage: Stage
  readonly plan: RowPlan
  /** Rows that are cached when the plan is carried out. */
  readonly cached: ReadonlyMap<number, Row>
  /** What each computed row sees. */
  readonly saw: ReadonlyMap<number, Row>
}

const cellOf = (state: CanvasState, position: number): number => (position < 0 ? 0 : state.cells[position]!)

/** Carries out the plans of a refresh while blocks of four are filled, without a model: who saw what. */
const carryOut = (
  refresh: Refresh,
  shape: CanvasShape,
  seed: number,
  change: (state: CanvasState) => CanvasState = (state) => state,
): readonly Planned[] => {
  const refreshing = refresh.open(shape)
  const scheduling = plainBlocks(4).open(shape)
  const planned: Planned[] = []
  let cache = new Map<number, Row>()
  let state = emptyState(shape.promptLength, shape.length)
  while (state.masked > 0) {
    const stage = scheduling.next(state)
    const plan = refreshing.plan(state, stage)
    const compute = new Set(plan.compute)
    const { length } = state
    const cached = new Map([...cache].filter(([position]) => !compute.has(position) && position < length))
    const attend = new Set(plan.attend ?? cached.keys())
    const saw = new Map(
      Array.from(compute, (position): [number, Row] => {
        const visible = [...compute].filter(
          (other) => plan.rank === undefined || plan.rank(other, state) <= plan.rank(position, state),
        )
        const seen = [...visible, ...[...cached.keys()].filter((other) => attend.has(other))]
        return [position, new Map(seen.map((other) => [other, cellOf(state, other)]))]
      }),
    )
    planned.push({ state, stage, plan, cached, saw })
    cache = new Map(cached)
    for (const position of plan.keep) if (saw.has(position)) cache.set(position, saw.get(position)!)
    const open = stage.groups.flatMap(({ positions }) => [...positions])
    state = change(filledState(state, some(open, seed + planned.length)))
  }
  return planned
}

const ascends = (positions: Int32Array, what: string): void =>
  positions.forEach((position, i) =>
    assert.ok(i === 0 || position > positions[i - 1]!, `${what} does not ascend`),
  )

/** What every refresh promises: plans that can be carried out, that leave nothing known unseen, exact where it says so. */
export const refreshSuite = (test: TestFunction, factory: Factory<Refresh>): void => {
  const promise = promises(test, "refresh", factory)
  const runs = (refresh: Refresh): readonly Planned[] =>
    shapes.flatMap((shape) => [1, 2].flatMap((seed) => carryOut(refresh, shape, seed)))

  promise("computes rows of prompt and canvas, in order, and keeps some of them", (refresh) =>
    Effect.sync(() => {
      for (const { state, plan } of runs(refresh)) {
        ascends(plan.compute, "compute")
        ascends(plan.keep, "keep")
        for (const position of plan.compute)
          assert.ok(position >= -state.promptLength && position < state.length, `there is no row ${position}`)
        const compute = new Set(plan.compute)
        for (const position of plan.keep)
          assert.ok(compute.has(position), `${position} is kept, not computed`)
      }
    }),
  )

  promise("computes what is open", (refresh) =>
    Effect.sync(() => {
      for (const { plan, stage } of runs(refresh))
        for (const { positions } of stage.groups)
          for (const position of positions) assert.ok(plan.compute.includes(position), `${position} is open`)
    }),
  )

  promise("attends to what is cached, where it chooses", (refresh) =>
    Effect.sync(() => {
      for (const { plan, cached } of runs(refresh))
        for (const position of plan.attend ?? []) assert.ok(cached.has(position), `${position} is not cached`)
    }),
  )

  promise("leaves no part of the prompt and no filled position unseen", (refresh) =>
    Effect.sync(() => {
      for (const { state, stage, saw } of runs(refresh)) {
        const seen = saw.get(stage.groups[0]!.positions[0]!)!
        for (let position = -state.promptLength; position < state.length; position++)
          if (cellOf(state, position) >= 0) assert.ok(seen.has(position), `${position} is not seen`)
      }
    }),
  )

  promise("is exact where it says so: every row that is seen saw the canvas as it is", (refresh, skip) =>
    Effect.sync(() => {
      if (!refresh.exact) return skip("It declares that rows may be stale.")
      for (const { state, plan, cached, saw } of runs(refresh)) {
        const all = Array.from(
          { length: state.promptLength + state.length },
          (_, i) => i - state.promptLength,
        )
        for (const [position, row] of [...cached, ...saw]) {
          const visible = all.filter(
            (other) => plan.rank === undefined || plan.rank(other, state) <= plan.rank(position, state),
          )
          for (const other of visible)
            assert.equal(row.get(other), cellOf(state, other), `${position} saw another ${other}`)
        }
      }
      return undefined
    }),
  )

  promise("plans the same for the same canvas, and one canvas at a time", (refresh) =>
    Effect.sync(() => {
      const shape = shapes[1]!
      const first = carryOut(refresh, shape, 5).map(({ plan }) => [...plan.compute])
      const between = refresh.open(shape)
      const second = carryOut(
        {
          ...refresh,
          open: (asked) => {
            const refreshing = refresh.open(asked)
            return {
              plan: (state, stage) => {
                const plan = refreshing.plan(state, stage)
                between.plan(emptyState(shape.promptLength, shape.length), {
                  ...stage,
                  block: { start: 0, end: 4 },
                })
                return plan
              },
            }
          },
        },
        shape,
        5,
      ).map(({ plan }) => [...plan.compute])
      assert.deepEqual(second, first)
    }),
  )

  promise("goes on with a canvas that has been cut", (refresh) =>
    Effect.sync(() => {
      const cut = (state: CanvasState) => (state.length > 6 ? filledState(state, [], 6) : state)
      for (const { state, plan } of carryOut(refresh, shapes[1]!, 6, cut))
        for (const position of plan.compute) assert.ok(position < state.length, `${position} is cut off`)
    }),
  )
}
