import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { collectText, type ParadeError } from "@parade/core"
import { exactMatch } from "@parade/exact-match"
import { groupedQueryAttention } from "@parade/grouped-query"
import { openDevice } from "@parade/onnx"
import { speculative } from "@parade/speculative"
import { templatedSentencesTask } from "@parade/templated-sentences"
import { greedySampler, plainDecoding } from "@parade/test"
import { readLog } from "@parade/training"
import { openBackbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { caches } from "./_testing.ts"
import { medusa, type MedusaHeads, readHeads } from "./mod.ts"
import { MedusaJointConfig, medusaJointRecipe } from "./recipe-mod.ts"

const source = "npm:@parade/model-tiny-text/model"
const width = 192

const config: MedusaJointConfig = Schema.decodeUnknownSync(MedusaJointConfig)({
  heads: 2,
  rank: 2,
  prompts: 6,
  heldOutPrompts: 2,
  promptLength: 16,
  continuation: 10,
  batch: 2,
  checkpointEvery: 3,
  evaluateEvery: 2,
})

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-medusa-2-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Heads that say what the LM head says, as those of the first stage start. */
const startingHeads = (vocabularyFingerprint: string): MedusaHeads => ({
  width,
  weights: [1, 2].map(() => ({ matrix: new Float32Array(width * width), bias: new Float32Array(width) })),
  accuracy: [[0.1], [0.1]],
  vocabularyFingerprint,
})

const open = (from: string, device: Parameters<typeof openBackbone>[3]) =>
  openBackbone(from, import.meta.dirname, groupedQueryAttention, device, ["hidden.final"])

const train = (folder: string, steps: number, stopAfter = Infinity, fingerprint?: string): Promise<void> =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const { model } = yield* open(source, device)
      const recipe = medusaJointRecipe(config, {
        open,
        base: source,
        heads: Effect.succeed(startingHeads(fingerprint ?? model.info.vocabularyFingerprint)),
        tasks: [yield* templatedSentencesTask({ operations: ["paraphrase"], gaps: 1 })],
        cache: caches,
      })
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* recipe.train({ folder, device, steps, onStep })
    }),
  )

test("adapters and heads learn together, to the same bytes where they were stopped, and decode as any model", async (t) => {
  const [whole, broken] = [folderFor(t), folderFor(t)]
  await train(whole, 6)
  await assert.rejects(train(broken, 6, 4))
  await train(broken, 6)
  for (const name of [
    "heads.safetensors",
    "heads.json",
    "adapter_model.safetensors",
    "checkpoint.safetensors",
  ])
    assert.ok(readFileSync(join(whole, name)).equals(readFileSync(join(broken, name))), name)
  const log = await run(readLog(join(whole, "log.jsonl")))
  const [first, last] = [log[0]!.metrics, log[5]!.evaluation!]
  // With adapters that say nothing yet, the model is what it was.
  assert.ok(Math.abs(first["loss.model"]!) < 1e-4, String(first["loss.model"]))
  assert.ok(Math.abs(first["ce"]! - first["ce.before"]!) < 1e-4)
  assert.ok(log[5]!.metrics["loss.head1"]! < first["loss.head1"]!)
  assert.ok(last["perplexity"]! < 1.1 * last["perplexity.before"]!)
  await run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const before = yield* open(source, device)
      const { model } = yield* open(whole, device)
      assert.notEqual((yield* model.head!(yield* model.embed([5]))).row(0)[0], undefined)
      assert.equal(model.info.vocabularyFingerprint, before.model.info.vocabularyFingerprint)
      const heads = yield* readHeads(whole, 4)
      const drafter = yield* medusa(heads, device, { nodes: 8, tree: "fixed" })
      const prompt = [...model.tokenizer!.encode("Say it in the passive: The baker")]
      const plain = yield* plainDecoding(model, greedySampler, { prompt, maxTokens: 12, seed: 0 })
      const own = { model, drafter, verifier: exactMatch, sampler: greedySampler, cache: caches }
      const { tokens } = yield* collectText(
        speculative({ ...own, adaptive: false }).decode({
          prompt: [{ tokens: prompt }],
          target: { kind: "continuation", maxTokens: 12 },
          seed: 0,
        }),
      )
      assert.deepEqual(tokens, plain.tokens)
    }),
  )
})

test("heads of another model are told by code", async (t) => {
  await assert.rejects(train(folderFor(t), 1, Infinity, "other"), /do not belong/)
})
