import assert from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { TestContext } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Tensor } from "@parade/graph"
import { GraphBuilder, ops, referenceDevice, tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  makeParameterStore,
  train,
  TrainingError,
} from "./mod.ts"
import type { StepRecord, TrainOptions } from "./mod.ts"
import { directionLoss, directionPoints, directionTraining } from "./_directions.ts"

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-training-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Options = TrainOptions<never, never>

const run = (folder: string, steps: number, change: (options: Options) => Options = (options) => options) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const options = change(yield* directionTraining(folder, steps))
        yield* train(options)
        return options.store
      }),
    ),
  )

const checkpointOf = (folder: string): Buffer => readFileSync(join(folder, "checkpoint.safetensors"))

const logOf = (folder: string): readonly StepRecord[] =>
  readFileSync(join(folder, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as StepRecord)

test("training lowers the loss, and the log tells of every step", async (t) => {
  const folder = folderFor(t)
  await run(folder, 150)
  const log = logOf(folder)
  assert.deepEqual(
    log.map(({ step }) => step),
    Array.from({ length: 150 }, (_, i) => i + 1),
  )
  const mean = (records: readonly StepRecord[]): number =>
    records.reduce((sum, { metrics }) => sum + metrics["loss"]!, 0) / records.length
  assert.ok(mean(log.slice(-20)) < 0.8 * mean(log.slice(0, 20)), `${mean(log.slice(-20))}`)
})

test("the same training twice gives the same bytes", async (t) => {
  const [one, two] = [folderFor(t), folderFor(t)]
  await run(one, 10)
  await run(two, 10)
  assert.ok(checkpointOf(one).equals(checkpointOf(two)))
})

test("a training that goes on from its checkpoint ends as one that never stopped", async (t) => {
  const [whole, parts] = [folderFor(t), folderFor(t)]
  await run(whole, 10)
  // Stops between two checkpoints: two steps are taken again.
  await run(parts, 10, (options) => ({
    ...options,
    batch: (place) =>
      place === 5 ? Effect.die(new Error("stopped")) : Effect.succeed(directionPoints(place)),
  })).catch(() => undefined)
  assert.equal(logOf(parts).length, 5)
  await run(parts, 10)
  assert.ok(checkpointOf(whole).equals(checkpointOf(parts)))
  const without = (records: readonly StepRecord[]): unknown =>
    records.map((record) => ({ ...record, seconds: 0 }))
  assert.deepEqual(without(logOf(parts)), without(logOf(whole)))
})

test("a process that is killed at any moment goes on to the same bytes", async (t) => {
  const [whole, killed] = [folderFor(t), folderFor(t)]
  const steps = 120
  await run(whole, steps)
  const program = fileURLToPath(new URL("_train-directions.ts", import.meta.url))
  const start = (): ReturnType<typeof spawn> =>
    spawn(process.execPath, ["--import", "tsx", program, killed, String(steps)], { stdio: "ignore" })
  const log = join(killed, "log.jsonl")
  const child = start()
  const ended = new Promise((resolve) => child.once("exit", resolve))
  while (child.exitCode === null && !(existsSync(log) && statSync(log).size > 2000)) await wait(2)
  child.kill("SIGKILL")
  await ended
  writeFileSync(join(killed, "checkpoint.safetensors.of-a-killed-run.tmp"), "unfinished")
  const again = start()
  assert.equal(await new Promise((resolve) => again.once("exit", resolve)), 0)
  assert.ok(checkpointOf(whole).equals(checkpointOf(killed)))
  assert.deepEqual(readdirSync(killed).sort(), ["checkpoint.safetensors", "log.jsonl"])
  assert.deepEqual(
    logOf(killed).map(({ step }) => step),
    Array.from({ length: steps }, (_, i) => i + 1),
  )
})

const failureOf = async (promise: Promise<unknown>): Promise<TrainingError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (cause) => cause,
  )
  assert.ok(error instanceof TrainingError, String(error))
  return error
}

test("a loss that is no number stops the training, which says where and keeps the last good parameters", async (t) => {
  const [good, bad] = [folderFor(t), folderFor(t)]
  await run(good, 4)
  const broken = (options: Options): Options => ({
    ...options,
    batch: (place) => Effect.succeed(directionPoints(place, place === 4)),
  })
  const error = await failureOf(run(bad, 10, broken))
  assert.equal(error.code, "training.not-finite")
  assert.match(
    error.message,
    /At step 5 the loss is NaN; the gradient of "inner\.\w+" is no number; the first value that is none is "points"/,
  )
  assert.ok(checkpointOf(good).equals(checkpointOf(bad)))
})

test("a checkpoint of another training, or one that is damaged, is refused and left as it is", async (t) => {
  const folder = folderFor(t)
  await run(folder, 3)
  const before = checkpointOf(folder)
  const other = await failureOf(run(folder, 6, (options) => ({ ...options, fingerprint: "circles" })))
  assert.equal(other.code, "training.foreign-checkpoint")
  assert.match(other.message, /of "directions", not "circles"/)
  const fewer = await failureOf(
    run(folder, 6, (options) => {
      options.store.states.delete("inner.bias")
      return options
    }),
  )
  assert.equal(fewer.code, "training.foreign-checkpoint")
  assert.ok(checkpointOf(folder).equals(before))
  writeFileSync(join(folder, "checkpoint.safetensors"), before.subarray(0, before.length - 8))
  await assert.rejects(run(folder, 6), { _tag: "WeightsError" })
})

test("a step over two batches is the mean of both", async (t) => {
  const twice = (place: number) => Effect.succeed(directionPoints(Math.floor(place / 2)))
  const once = await run(folderFor(t), 5)
  const store = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const options = yield* directionTraining(folderFor(t), 5, { accumulate: 2 })
        yield* train({ ...options, batch: twice })
        return options.store
      }),
    ),
  )
  for (const [name, { value }] of once.states) {
    const expected = (value as Tensor).data as Float32Array
    const found = (store.states.get(name)!.value as Tensor).data as Float32Array
    for (const [i, x] of expected.entries()) assert.ok(Math.abs(x - found[i]!) < 1e-5, `${name}[${i}]`)
  }
})

test("what is not trained stays as it is and costs no state; evaluations see what is trained", async (t) => {
  const losses: number[] = []
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const trainable = (name: string): boolean => name !== "inner.weight"
        const options = yield* directionTraining(folderFor(t), 6, { trainable })
        options.store.states.delete("inner.weight")
        const evaluate = yield* compileEvaluation(referenceDevice, directionLoss(), trainable)
        yield* train({
          ...options,
          evaluation: { every: 4, run: (store) => Effect.orDie(evaluate(store, directionPoints(0))) },
          onStep: ({ evaluation }) => {
            if (evaluation !== undefined) losses.push(evaluation["loss"]!)
          },
        })
      }),
    ),
  )
  assert.equal(losses.length, 2)
  assert.notEqual(losses[0], losses[1])
})

test("a value that turns into no number within the graph is named by its place", async () => {
  const g = new GraphBuilder("broken")
  const x = g.input("x", "float32", [2])
  const weight = g.initializer({
    type: "float32",
    shape: [2],
    identity: "w",
    weight: true,
    bytes: () => new Uint8Array(8),
  })
  const inner = g.within("layer3", () => ops.log(g, ops.add(g, x, weight)))
  g.output("loss", ops.reshape(g, ops.reduceSum(g, inner, [0]), []))
  const graph = g.build()
  const store = makeParameterStore()
  addParameters(store, graph)
  const batch = { x: tensor("float32", [2], Float32Array.of(1, -1)) }
  const error = await failureOf(
    Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(compileStep(referenceDevice, graph), (step) => step.run(store, [batch], 0.1)),
      ),
    ),
  )
  assert.match(
    error.message,
    /At step 1 the loss is NaN; .*the first value that is none is "layer3\/Log_\d+"/,
  )
})

/** A process that may write no file longer than that many bytes, as on a disk that is full. */
const runWithin = (bytes: number, folder: string): ReturnType<typeof spawnSync> => {
  const program = fileURLToPath(new URL("_train-directions.ts", import.meta.url))
  const command = `ulimit -f ${bytes / 1024}; exec "$0" --import tsx "$1" "$2" 40`
  return spawnSync("bash", ["-c", command, process.execPath, program, folder], { encoding: "utf8" })
}

test("a disk without room stops the training with its path; what was written before is whole, and goes on", async (t) => {
  const [whole, full] = [folderFor(t), folderFor(t)]
  await run(whole, 40)
  // Room for the checkpoint, not for all of the log.
  const { status, stderr } = runWithin(4096, full)
  assert.notEqual(status, 0)
  assert.match(String(stderr), /training\.log-failed/)
  const kept = checkpointOf(full)
  assert.ok(kept.length > 0 && kept.length < 4096)
  await run(full, 40)
  assert.ok(checkpointOf(whole).equals(checkpointOf(full)))
  // No room for a checkpoint: nothing half-written stays.
  const none = folderFor(t)
  const second = runWithin(1024, none)
  assert.notEqual(second.status, 0)
  assert.match(String(second.stderr), /weights\.write-failed/)
  assert.deepEqual(readdirSync(none), ["log.jsonl"])
})
