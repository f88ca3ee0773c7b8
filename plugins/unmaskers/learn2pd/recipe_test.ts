import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import type { Model, ParadeError } from "@parade/core"
import { fixedCount } from "@parade/fixed-count"
import { fullRefresh } from "@parade/full-refresh"
import { referenceDevice } from "@parade/graph"
import { openDevice } from "@parade/onnx"
import type { Task } from "@parade/tasks"
import { greedySampler, maskedModel } from "@parade/test"
import { threshold } from "@parade/threshold"
import { readLog } from "@parade/training"
import { openSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { readFilter } from "./mod.ts"
import { learn2pdRecipe, Learn2pdRecipeConfig } from "./recipe-mod.ts"

const bare = maskedModel({ vocabularySize: 12, seed: 4, spread: 5, endTokens: [0] })
const model: Model = {
  ...bare,
  tokenizer: {
    ...bare.tokenizer!,
    applyChatTemplate: (messages) => Effect.succeed(messages.map(({ content }) => content).join("")),
  },
}

/** Prompts of a few letters; any answer will do. */
const letters: Task = {
  name: "letters",
  description: "letters",
  categories: ["letters"],
  example: (split, index) => {
    const first = (7 * index + (split === "test" ? 3 : 0)) % 9
    return {
      id: `${split}-${index}`,
      category: "letters",
      instance: String(index),
      prompt: model.tokenizer!.decode([1 + first, 1 + ((first + 5) % 9)]),
      answer: "",
      score: () => ({ correct: true, partial: 1, strict: true, value: 1 }) as never,
    }
  },
}

const config: Learn2pdRecipeConfig = Schema.decodeUnknownSync(Learn2pdRecipeConfig)({
  block: 6,
  canvas: 12,
  prompts: 24,
  validationPrompts: 6,
  testPrompts: 6,
  answers: 3,
  rate: 0.02,
  checkpointEvery: 20,
  evaluateEvery: 10,
})

const parts = {
  model,
  tasks: [letters],
  rule: fixedCount({ by: "confidence" }),
  unmaskers: [threshold({ threshold: 0.9 })],
  schedule: blocks({ length: 6 }),
  refresh: fullRefresh,
  sampler: greedySampler,
  cache: contiguous(),
} as const

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-learn2pd-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const train = (folder: string, steps: number, stopAfter = Infinity): Promise<void> =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* learn2pdRecipe(config, parts).train({ folder, device, steps, onStep })
    }),
  )

test("A filter learns from replayed answers, and the one of the lowest validation loss is kept.", async (t) => {
  const folder = folderFor(t)
  await train(folder, 120)
  const log = await run(readLog(join(folder, "log.jsonl")))
  assert.ok(log.at(-1)!.metrics["loss"]! < log[0]!.metrics["loss"]! / 1.5)
  const losses = log.flatMap(({ evaluation }) =>
    evaluation === undefined ? [] : [evaluation["loss.validation"]!],
  )
  const { block, first, second, vocabularyFingerprint } = await run(readFilter(folder))
  assert.equal(vocabularyFingerprint, model.info.vocabularyFingerprint)
  const examples = await run(
    Effect.gen(function* () {
      const { tensors } = yield* openSafetensors(join(folder, "examples.safetensors"))
      return {
        seen: tensors.get("validation.confidences")!.values(),
        labels: tensors.get("validation.labels")!.values(),
      }
    }),
  )
  // The loss of the kept filter, reckoned anew.
  let sum = 0
  for (let row = 0; row < examples.seen.length; row += block) {
    const layer = ({ matrix, bias }: typeof first, x: readonly number[]): readonly number[] =>
      Array.from(bias, (b, i) => x.reduce((all, value, j) => all + matrix[i * block + j]! * value, b))
    const inner = layer(first, [...examples.seen.subarray(row, row + block)]).map((x) => Math.max(0, x))
    layer(second, inner).forEach((z, i) => {
      sum += Math.log1p(Math.exp(z)) - examples.labels[row + i]! * z
    })
  }
  assert.ok(Math.abs(sum / examples.seen.length - Math.min(...losses)) < 1e-5)
  const last = log.at(-1)!.evaluation!
  assert.ok(last["precision.0.9"]! >= 0 && last["forwards.oracle"]! < last["forwards.reference"]!)
  assert.ok("tokensPerForward.learn2pd 0.96 + EoTP.letters" in last)
})

test("A recipe that was stopped goes on to the same bytes, from the examples it kept.", async (t) => {
  const [whole, halves] = [folderFor(t), folderFor(t)]
  await train(whole, 50)
  await assert.rejects(train(halves, 50, 33))
  const examples = readFileSync(join(halves, "examples.safetensors"))
  await train(halves, 50)
  assert.ok(examples.equals(readFileSync(join(halves, "examples.safetensors"))))
  for (const name of ["filter.safetensors", "filter.json", "checkpoint.safetensors"])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(halves, name))), name)
})

const codeOf = (effect: Effect.Effect<unknown, ParadeError, Scope>): Promise<string> =>
  run(Effect.match(effect, { onFailure: ({ code }) => code, onSuccess: () => "no failure" }))

test("A model without a tokenizer, and a folder without a filter, are told by code.", async (t) => {
  const folder = folderFor(t)
  const silent = learn2pdRecipe(config, { ...parts, model: { ...model, tokenizer: undefined } })
  assert.equal(
    await codeOf(silent.train({ folder, device: referenceDevice, steps: 1, onStep: () => {} })),
    "recipe.no-tokenizer",
  )
  assert.equal(await codeOf(readFilter(folder)), "weights.not-a-filter")
  writeFileSync(join(folder, "filter.json"), "{}")
  assert.equal(await codeOf(readFilter(folder)), "weights.not-a-filter")
  const file = { format: "parade-learn2pd-1", backbone: "x", vocabularyFingerprint: "y", block: 2 }
  writeFileSync(join(folder, "filter.json"), JSON.stringify(file))
  assert.equal(await codeOf(readFilter(folder)), "weights.file-missing")
})
