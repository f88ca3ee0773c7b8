import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { directionTraining } from "./_directions.ts"
import { readLog, train } from "./mod.ts"

test("a training that is interrupted ends its step, writes a checkpoint, and goes on to the same bytes", async (t) => {
  const [whole, parts] = [1, 2].map(() => mkdtempSync(join(tmpdir(), "parade-training-"))) as [string, string]
  t.after(() => [whole, parts].forEach((folder) => rmSync(folder, { recursive: true })))
  const training = (folder: string, onStep: (step: number) => void) =>
    Effect.scoped(
      Effect.gen(function* () {
        const options = yield* directionTraining(folder, 40)
        yield* train({ ...options, checkpointEvery: 1000, onStep: ({ step }) => onStep(step) })
      }),
    )
  await Effect.runPromise(training(whole, () => {}))
  const fiber = Effect.runFork(
    training(parts, (step) => {
      if (step === 7) fiber.interruptUnsafe()
    }),
  )
  await Effect.runPromise(Fiber.await(fiber))
  const log = await Effect.runPromise(readLog(join(parts, "log.jsonl")))
  assert.ok(log.length >= 7 && log.length < 40, `${log.length}`)
  const steps: number[] = []
  await Effect.runPromise(training(parts, (step) => steps.push(step)))
  assert.equal(steps[0], log.length + 1)
  const checkpoint = (folder: string): Buffer => readFileSync(join(folder, "checkpoint.safetensors"))
  assert.ok(checkpoint(whole).equals(checkpoint(parts)))
})
