import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import {
  GraphBuilder,
  embedding,
  isLowRank,
  linear,
  lowRankRule,
  meanSquaredError,
  referenceDevice,
  tensor,
} from "@parade/graph"
import type { Device, Feed, Graph, Lowering, Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import { directionLoss, directionPoints } from "./_directions.ts"
import {
  addParameters,
  alternate,
  averages,
  compileEvaluation,
  compileForward,
  compileStep,
  loadCheckpoint,
  makeParameterStore,
  mergedWeights,
  normals,
  saveCheckpoint,
  snapshot,
} from "./mod.ts"
import type { ParameterStore, ParameterValues, StepOptions, TrainingStep } from "./mod.ts"

const run = <A, E>(effect: Effect.Effect<A, E, never>): Promise<A> => Effect.runPromise(effect)

const numbers = (feed: Feed): readonly number[] => Array.from((feed as Tensor).data as Float32Array)

const valuesOf = ({ states }: ParameterValues): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries([...states].map(([name, { value }]) => [name, numbers(value)]))

const compiled = (options: StepOptions, device: Device = referenceDevice): Promise<TrainingStep> =>
  run(Effect.scoped(compileStep(device, directionLoss(), options)))

/** The interpreter as a device that keeps parameters, which are then updated by a graph. */
const keeping: Device = { ...referenceDevice, rowLocation: "device" }

const fresh = (): ParameterStore => {
  const store = makeParameterStore()
  addParameters(store, directionLoss())
  return store
}

const take = async (step: TrainingStep, store: ParameterStore, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await run(step.run(store, [directionPoints(store.steps)], 0.02))
}

const inner = (name: string): boolean => name.startsWith("inner")
const outer = (name: string): boolean => !inner(name)

test("steps that take turns share a store; each parameter counts its own updates", async () => {
  const turns = alternate([await compiled({ trainable: inner }), await compiled({ trainable: outer })])
  const store = fresh()
  const start = valuesOf(store)
  await take(turns, store, 1)
  assert.notDeepEqual(valuesOf(store)["inner.weight"], start["inner.weight"])
  assert.deepEqual(valuesOf(store)["outer.weight"], start["outer.weight"])
  await take(turns, store, 4)
  assert.equal(store.steps, 5)
  assert.deepEqual(Object.fromEntries([...store.states].map(([name, { updates }]) => [name, updates])), {
    "inner.weight": 3,
    "inner.bias": 3,
    "outer.weight": 2,
  })
  // The first update of Adam is the rate itself, whenever it comes.
  const late = fresh()
  late.steps = 1000
  const plain = await compiled({ trainable: outer, optimizer: { decay: () => 0, epsilon: 0 } })
  await take(plain, late, 1)
  valuesOf(late)["outer.weight"]!.forEach((value, i) =>
    assert.ok(Math.abs(Math.abs(value - start["outer.weight"]![i]!) - 0.02) < 1e-6),
  )
})

test("a parameter with a share of the rate moves and decays by that share", async () => {
  const moved = async (
    options: StepOptions,
    rate: number,
  ): Promise<Readonly<Record<string, readonly number[]>>> => {
    const store = fresh()
    const step = await compiled(options)
    for (let i = 0; i < 3; i++) await run(step.run(store, [directionPoints(0)], rate))
    return valuesOf(store)
  }
  // Alone, the outer layer at half the rate is the outer layer with a share of a half.
  const decay = (): number => 0.3
  const share = (name: string): number => (outer(name) ? 0.5 : 1)
  const half = await moved({ trainable: outer, optimizer: { decay } }, 0.02)
  const shared = await moved({ trainable: outer, optimizer: { decay, share } }, 0.04)
  for (const [i, value] of half["outer.weight"]!.entries())
    assert.ok(Math.abs(value - shared["outer.weight"]![i]!) < 1e-6)
  const still = await moved({ optimizer: { decay, share: (name) => (inner(name) ? 0 : 1) } }, 0.02)
  const start = valuesOf(fresh())
  assert.deepEqual(still["inner.weight"], start["inner.weight"])
  assert.notDeepEqual(still["outer.weight"], start["outer.weight"])
})

test("steps that take turns take equally many batches", async () => {
  const [one, two] = [await compiled({}), await compiled({ accumulate: 2 })]
  assert.throws(() => alternate([one, two]), { code: "training.bad-option" })
})

test("a store with averages and rarer updates comes back from its checkpoint as it was", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "parade-parameters-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, "checkpoint.safetensors")
  const make = async (): Promise<TrainingStep> =>
    alternate([await compiled({ trainable: inner, average: 0.9 }), await compiled({ trainable: outer })])
  const [store, again] = [fresh(), fresh()]
  const step = await make()
  await take(step, store, 3)
  await run(saveCheckpoint(store, path, "turns"))
  assert.ok(await run(loadCheckpoint(again, path, "turns")))
  assert.deepEqual(again, store)
  await take(step, store, 3)
  await take(step, again, 3)
  assert.deepEqual(again, store)
})

test("an average follows the parameters: d·mean + (1 − d)·value, from where they start", async () => {
  const step = await compiled({ average: 0.75 })
  const store = fresh()
  const expected = { ...valuesOf(store) }
  for (let i = 0; i < 3; i++) {
    await take(step, store, 1)
    const now = valuesOf(store)
    for (const [name, mean] of Object.entries(expected))
      expected[name] = mean.map((value, at) => 0.75 * value + 0.25 * now[name]![at]!)
  }
  for (const [name, mean] of Object.entries(valuesOf(averages(store))))
    for (const [i, value] of mean.entries()) assert.ok(Math.abs(value - expected[name]![i]!) < 1e-6)
  for (const average of [1, -0.1, Number.NaN])
    await assert.rejects(compiled({ average }), { code: "training.bad-option" })
})

test("a snapshot stays as it is while its store goes on, and runs as a teacher", async () => {
  const store = fresh()
  const step = await compiled({})
  await take(step, store, 2)
  const before = valuesOf(store)
  const teacher = await run(snapshot(store))
  const forward = await run(Effect.scoped(compileForward(referenceDevice, directionLoss())))
  const evaluate = await run(Effect.scoped(compileEvaluation(referenceDevice, directionLoss())))
  const loss = (values: ParameterValues): Promise<Readonly<Record<string, number>>> =>
    run(evaluate(values, directionPoints(0)))
  const first = await loss(store)
  await take(step, store, 3)
  assert.deepEqual(valuesOf(teacher), before)
  assert.deepEqual(await loss(teacher), first)
  assert.notDeepEqual(await loss(store), first)
  const { loss: outputs } = await run(forward.run(teacher, directionPoints(0)))
  assert.deepEqual(numbers(outputs!), [first["loss"]])
  const missing = { states: new Map([...teacher.states].slice(1)) }
  await assert.rejects(run(forward.run(missing, directionPoints(0))), { code: "device.bad-feed" })
})

for (const [accumulate, clip] of [
  [1, 0.4],
  [3, 0.31],
] as const)
  test(`one pass over the parameters is AdamW as its graph has it, ${accumulate} batches a step`, async () => {
    const optimizer = { clip, share: (name: string) => (inner(name) ? 0.25 : 1) }
    const after = async (device: Device): Promise<readonly (readonly number[])[]> => {
      const step = await compiled({ accumulate, optimizer, average: 0.8 }, device)
      const store = fresh()
      const norms: number[] = []
      for (let i = 0; i < 5; i++) {
        const batches = Array.from({ length: accumulate }, (_, j) => directionPoints(accumulate * i + j))
        norms.push((await run(step.run(store, batches, 0.05))).gradientNorm)
      }
      assert.ok(norms.some((norm) => norm > clip) && norms.some((norm) => norm < clip), `${norms}`)
      const states = [...store.states.values()]
      return [
        norms,
        ...states.flatMap((one) => [one.value, one.first, one.second, one.average!].map(numbers)),
      ]
    }
    const [expected, found] = [await after(keeping), await after(referenceDevice)]
    for (const [i, values] of expected.entries())
      for (const [j, value] of values.entries())
        assert.ok(Math.abs(value - found[i]![j]!) < 1e-6, `${i}, ${j}: ${found[i]![j]}, not ${value}`)
  })

test("parameters in ordinary memory change where they lie", async () => {
  const store = fresh()
  const before = new Map(
    [...store.states].map(([name, { value }]) => [name, { value, numbers: numbers(value) }]),
  )
  await take(await compiled({}), store, 1)
  for (const [name, { value, numbers: old }] of before) {
    assert.equal(store.states.get(name)!.value, value)
    assert.notDeepEqual(numbers(value), old)
  }
})

test("a step gives back the memory of what it replaces, but for memory that others share", async () => {
  const store = fresh()
  const shared = Float32Array.of(...Array<number>(100).fill(0))
  const bias = store.states.get("inner.bias")!
  store.states.set("inner.bias", {
    ...bias,
    value: tensor("float32", bias.value.dims, shared.subarray(0, 6)),
  })
  const before = new Map(store.states)
  await take(await compiled({}, keeping), store, 1)
  const length = (feed: Feed): number => (feed as Tensor).data.length
  const lengths = [...before].map(([name, { value, first }]) => [name, length(value), length(first)])
  assert.deepEqual(lengths, [
    ["inner.bias", 6, 0],
    ["inner.weight", 0, 0],
    ["outer.weight", 0, 0],
  ])
  assert.equal(shared.length, 100)
  assert.equal(length(store.states.get("outer.weight")!.value), 18)
})

const correction = { rank: 1, alpha: 2 }

/** A line through points, `y = W·x`, with or without a correction beside it. */
const lineLoss = (linearRule: Lowering["linear"]): Graph => {
  const g = new GraphBuilder("line", { kind: "exact", linear: linearRule })
  const x = g.input("x", "float32", [4, 2])
  const values = (): Float32Array => Float32Array.of(1, -1, 0.5, 2)
  const y = linear(g, x, { kind: "dense", rows: 2, columns: 2, identity: "line", values })
  g.output("y", y)
  g.output("loss", meanSquaredError(g, y, g.input("wanted", "float32", [4, 2])))
  return g.build()
}

test("a correction of low rank is trained beside frozen weights, and merged it is the same layer", async () => {
  const rule = lowRankRule({ ...correction, matches: () => true, draw: normals(1) })
  const graph = lineLoss(rule)
  const step = await run(Effect.scoped(compileStep(referenceDevice, graph, { trainable: isLowRank })))
  assert.deepEqual(
    step.parameters.map(({ name }) => name),
    ["line.lora_A", "line.lora_B"],
  )
  const store = makeParameterStore()
  addParameters(store, graph, isLowRank)
  const feeds = {
    x: tensor("float32", [4, 2], Float32Array.of(1, 0, 0, 1, 1, 1, 2, -1)),
    wanted: tensor("float32", [4, 2], Float32Array.of(2, 1, -2, 1, 0, 2, 6, 1)),
  }
  const losses: number[] = []
  for (let i = 0; i < 60; i++) losses.push((await run(step.run(store, [feeds], 0.05))).metrics["loss"]!)
  assert.ok(losses.at(-1)! < losses[0]! / 4, `${losses[0]} ${losses.at(-1)}`)
  const read = await run(mergedWeights(graph, store, correction))
  const forward = await run(Effect.scoped(compileForward(referenceDevice, graph, isLowRank)))
  const plain = await run(Effect.scoped(compileForward(referenceDevice, lineLoss(undefined))))
  const merged = { states: new Map([["line", { value: tensor("float32", [2, 2], read("line")) }]]) }
  const expected = numbers((await run(forward.run(store, feeds)))["y"]!)
  numbers((await run(plain.run(merged, feeds)))["y"]!).forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]!) < 1e-5),
  )
})

test("a correction of a matrix that is an embedding as well is not merged", async () => {
  const rule = lowRankRule({ ...correction, matches: () => true, draw: normals(1) })
  const g = new GraphBuilder("tied", { kind: "exact", linear: rule })
  const tied = {
    kind: "dense",
    rows: 3,
    columns: 2,
    identity: "tied",
    values: () => new Float32Array(6),
  } as const
  g.output("logits", linear(g, embedding(g, g.input("ids", "int64", ["T"]), tied), tied))
  const graph = g.build()
  const store = makeParameterStore()
  addParameters(store, graph, isLowRank)
  await assert.rejects(run(mergedWeights(graph, store, correction)), {
    code: "training.shared-matrix",
    path: "tied",
  })
})
