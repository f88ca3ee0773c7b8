import assert from "node:assert/strict"
import { test } from "node:test"
import { contiguous } from "@parade/contiguous"
import { type CommittedEvent, type Event, type FinishedEvent, type Model, type Request } from "@parade/core"
import type { Refresh, Schedule } from "@parade/denoising"
import { fixedCount } from "@parade/fixed-count"
import { fullRefresh } from "@parade/full-refresh"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { greedySampler, maskedModel } from "@parade/test"
import { wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { windowRefresh, windowSchedule } from "./mod.ts"

const prompt = [1, 2, 3]
const length = 12

/** What a forward was given, and the bits of what it said, by position in the sequence. */
interface Step {
  readonly tokens: ReadonlyMap<number, number>
  readonly logits: ReadonlyMap<number, readonly number[]>
}

interface Setting {
  readonly refresh: Refresh
  readonly schedule: Schedule
  readonly model: Model
  readonly fixed?: readonly { readonly at: number; readonly tokens: readonly number[] }[]
  readonly ignoreEnd?: boolean
}

const decode = async ({ refresh, schedule, model, fixed = [], ignoreEnd = false }: Setting) => {
  const steps: Step[] = []
  const watched: Model = {
    ...model,
    forward: (rows, options) =>
      Effect.tap(model.forward(rows, options), ({ logits }) =>
        Effect.sync(() => {
          const bits = (index: number): readonly number[] => [
            ...new Uint32Array(logits!.row(index).slice().buffer),
          ]
          const at = (row: number): number => rows.positions[row]!
          steps.push({
            tokens: new Map(Array.from(rows.tokens, (token, row) => [at(row), token])),
            logits: new Map(Array.from(options.outputs[0]!.rows, (row, i) => [at(row), bits(i)])),
          })
        }),
      ),
  }
  const request: Request = {
    prompt: [{ tokens: prompt }],
    target: { kind: "canvas", length, fixed },
    stop: { ignoreEnd },
    seed: 1,
  }
  const decoder = maskedDiffusion({
    model: watched,
    sampler: greedySampler,
    schedule,
    refresh,
    unmasker: fixedCount({ by: "confidence" }),
    cache: contiguous(),
  })
  const events = await Effect.runPromise(Stream.runCollect(decoder.decode(request)))
  return { steps, events, finished: events.at(-1) as FinishedEvent }
}

/** The tokens of each round by position on the canvas. */
const roundsOf = (events: readonly Event[]): readonly ReadonlyMap<number, number>[] => {
  const rounds: ReadonlyMap<number, number>[] = []
  let current = new Map<number, number>()
  for (const event of events)
    if (event.type === "committed") {
      const { position, tokens } = event as CommittedEvent
      for (const [i, token] of tokens.entries()) current.set(position + i, token)
    } else if (event.type === "round") {
      rounds.push(current)
      current = new Map()
    }
  return rounds
}

test("Wherever the window is, a forward is given its rows at their positions in the sequence.", async () => {
  const [window, active, cycle] = [4, 2, 3]
  // What stands behind the window is seen, and leaves a gap before it.
  const fixed = [{ at: 10, tokens: [4, 0] }]
  let gaps = 0
  for (let seed = 0; seed < 10; seed++) {
    const model = maskedModel({ vocabularySize: 7, seed })
    const { steps, events } = await decode({
      model,
      fixed,
      refresh: windowRefresh({ window, cycle }),
      schedule: windowSchedule({ active }),
    })
    const cells = new Map<number, number>(
      fixed.flatMap(({ at, tokens }) => tokens.map((t, i) => [at + i, t])),
    )
    let masked = Array.from({ length }, (_, i) => i).filter((position) => !cells.has(position))
    let since: number[] = []
    const rounds = roundsOf(events)
    assert.equal(rounds.length, steps.length)
    for (const [i, { tokens, logits }] of steps.entries()) {
      if (i % cycle === 0) since = []
      const expected = new Map<number, number>()
      const put = (position: number): unknown =>
        expected.set(prompt.length + position, cells.get(position) ?? model.info.maskToken!)
      if (i % cycle === 0) {
        for (const [position, token] of prompt.entries()) expected.set(position, token)
        for (const position of [...cells.keys(), ...masked.slice(0, window)]) put(position)
      } else for (const position of [...since, ...masked.slice(0, active)]) put(position)
      const sorted = (map: ReadonlyMap<number, unknown>) => [...map].sort(([a], [b]) => a - b)
      assert.deepEqual(sorted(tokens), sorted(expected))
      assert.deepEqual(
        [...logits.keys()],
        masked.slice(0, active).map((position) => prompt.length + position),
      )
      if (Math.max(...tokens.keys()) - Math.min(...tokens.keys()) >= tokens.size) gaps++
      for (const [position, token] of rounds[i]!) {
        // What was given comes with the first round.
        if (!cells.has(position)) since.push(position)
        cells.set(position, token)
      }
      masked = masked.filter((position) => !cells.has(position))
    }
  }
  assert.ok(gaps > 10, `${gaps} forwards with a gap`)
})

test("A window of one phase that is as wide as the canvas gives the logits of decoding without one, bit for bit.", async () => {
  for (const predicts of ["self", "next"] as const)
    for (let seed = 0; seed < 5; seed++) {
      const model = maskedModel({ vocabularySize: 7, seed, predicts })
      const window = await decode({
        model,
        refresh: windowRefresh({ window: length, cycle: 1 }),
        schedule: windowSchedule({ active: length }),
      })
      const plain = await decode({ model, refresh: fullRefresh, schedule: wholeCanvas })
      assert.equal(window.steps.length, length)
      assert.deepEqual(window.steps, plain.steps)
    }
})

test("A text that ends keeps no mask before its end token and nothing behind it, and costs no more forwards.", async () => {
  const end = 2
  let [ended, endFirst, saved] = [0, 0, 0]
  for (let seed = 0; seed < 30; seed++) {
    const setting = {
      refresh: windowRefresh({ window: 5, cycle: 3 }),
      schedule: windowSchedule({ active: 3 }),
    }
    const model = maskedModel({ vocabularySize: 6, seed, endTokens: [end] })
    const { steps, events, finished } = await decode({ ...setting, model })
    const endless = await decode({ ...setting, model, ignoreEnd: true })
    if (finished.reason !== "endToken") {
      assert.deepEqual(finished.tokens, endless.finished.tokens)
      continue
    }
    ended++
    const { tokens } = finished
    assert.equal(tokens.indexOf(end), tokens.length - 1)
    assert.ok(!tokens.includes(model.info.maskToken!))
    assert.deepEqual(tokens, endless.finished.tokens.slice(0, tokens.length))
    assert.ok(steps.length <= endless.steps.length)
    saved += endless.steps.length - steps.length
    // The end may be filled before what stands before it, which is then filled too.
    const last = roundsOf(events).at(-1)!
    if (!last.has(tokens.length - 1)) endFirst++
  }
  assert.ok(ended > 5 && endFirst > 0, `${ended} texts end, ${endFirst} of them with a gap before it`)
  assert.ok(saved > 0)
})
