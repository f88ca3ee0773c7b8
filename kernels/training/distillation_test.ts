import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import {
  GraphBuilder,
  crossEntropy,
  distillation,
  linear,
  mixedLoss,
  ops,
  referenceDevice,
  tensor,
} from "@parade/graph"
import type { Device, Feeds, Graph, Value } from "@parade/graph"
import * as Effect from "effect/Effect"
import { directionPoints } from "./_directions.ts"
import { addParameters, compileForward, compileStep, makeParameterStore, snapshot } from "./mod.ts"

const ROWS = 8

/** Two layers from points to directions, so wide within. */
const network = (g: GraphBuilder, name: string, points: Value, width: number): Value => {
  const matrix = (part: string, rows: number, columns: number) => ({
    kind: "dense" as const,
    rows,
    columns,
    identity: `${name}.${part}`,
    values: () => Float32Array.from({ length: rows * columns }, (_, i) => uniform(width, "noise", i) - 0.5),
  })
  const inner = ops.tanh(g, linear(g, points, matrix("inner", width, 2)))
  return linear(g, inner, matrix("outer", 3, width))
}

const teacherGraph = (): Graph => {
  const g = new GraphBuilder("teacher")
  const logits = network(g, "teacher", g.input("points", "float32", [ROWS, 2]), 12)
  g.output("logits", logits)
  g.output("loss", crossEntropy(g, logits, g.input("direction", "int64", [ROWS])))
  return g.build()
}

/** A student of another width: its own loss and its teacher's, mixed by weights and softened by a temperature that are fed. */
const studentGraph = (): Graph => {
  const g = new GraphBuilder("student")
  const logits = network(g, "student", g.input("points", "float32", [ROWS, 2]), 4)
  const scalar = (name: string): Value => g.input(name, "float32", [])
  const own = crossEntropy(g, logits, g.input("direction", "int64", [ROWS]))
  const theirs = distillation(g, g.input("teacher", "float32", [ROWS, 3]), logits, scalar("temperature"))
  g.output(
    "loss",
    mixedLoss(g, [
      [scalar("weight.own"), own],
      [scalar("weight.teacher"), theirs],
    ]),
  )
  g.output("own", own)
  g.output("divergence", theirs)
  return g.build()
}

const number = (value: number): Feeds[string] => tensor("float32", [], Float32Array.of(value))

/** A device that counts what is compiled for it. */
const counting = (): { readonly device: Device; readonly compiled: string[] } => {
  const compiled: string[] = []
  const compile: Device["compile"] = (graph, options) => {
    compiled.push(graph.name)
    return referenceDevice.compile(graph, options)
  }
  return { device: { ...referenceDevice, compile }, compiled }
}

test("a student learns from a frozen teacher that runs apart; weights and temperature change without a new graph", async () => {
  const { device, compiled } = counting()
  const program = Effect.gen(function* () {
    const teacher = makeParameterStore()
    addParameters(teacher, teacherGraph())
    const teach = yield* compileStep(device, teacherGraph())
    for (let i = 0; i < 40; i++) yield* teach.run(teacher, [directionPoints(i)], 0.03)
    const frozen = yield* snapshot(teacher)
    const forward = yield* compileForward(device, teacherGraph())
    const student = makeParameterStore()
    addParameters(student, studentGraph())
    const step = yield* compileStep(device, studentGraph())
    const divergences: number[] = []
    for (let i = 0; i < 60; i++) {
      const points = directionPoints(i)
      const { logits } = yield* forward.run(frozen, points, [{ name: "logits" }])
      const share = i / 60
      const batch = {
        ...points,
        teacher: logits!,
        temperature: number(3 - 2 * share),
        "weight.own": number(share / 2),
        "weight.teacher": number(1 - share / 2),
      }
      const { metrics } = yield* step.run(student, [batch], 0.03)
      const mixed = (share / 2) * metrics["own"]! + (1 - share / 2) * metrics["divergence"]!
      assert.ok(Math.abs(mixed - metrics["loss"]!) < 1e-5)
      divergences.push(metrics["divergence"]!)
      // The teacher's own training goes on, and the frozen one does not hear of it.
      yield* teach.run(teacher, [points], 0.03)
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length
    const [first, last] = [mean(divergences.slice(0, 10)), mean(divergences.slice(-10))]
    assert.ok(last < first / 2, `${first} to ${last}`)
  })
  await Effect.runPromise(Effect.scoped(program))
  assert.deepEqual(compiled, ["teacher.step", "teacher.forward", "student.step"])
})
