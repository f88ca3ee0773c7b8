import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { collectText, type Model, type ParadeError, type Stats } from "@parade/core"
import type { Drafter } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { type Device, referenceDevice } from "@parade/graph"
import { openDevice } from "@parade/onnx"
import type { Recipe } from "@parade/recipes"
import { speculative } from "@parade/speculative"
import type { Task } from "@parade/tasks"
import { greedySampler } from "@parade/test"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { caches, tokenizer, vocabulary } from "./_tiny-backbone.ts"

/** Prompts of a few letters; there is nothing to answer. */
export const letters: Task = {
  name: "letters",
  description: "letters",
  categories: ["letters"],
  example: (split, index, seed) => {
    const first = (7 * index + seed + (split === "test" ? 3 : 0)) % 20
    return {
      id: `${split}-${index}`,
      category: "letters",
      instance: String(index),
      prompt: tokenizer.decode([first, (first + 5) % 20, (first * 3) % 20]),
      answer: "",
      score: () => ({ correct: false, value: 0 }) as never,
    }
  },
}

export const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

export const codeOf = (effect: Effect.Effect<unknown, ParadeError, Scope>): Promise<string> =>
  run(Effect.match(effect, { onFailure: ({ code }) => code, onSuccess: () => "no failure" }))

/** A folder of its own, gone after the test. */
export const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-recipe-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A recipe on the device that it is trained on. */
export type OpenRecipe = (device: Device) => Effect.Effect<Recipe, ParadeError, Scope>

/** Trains on one thread, to the last step or until it is stopped after one. */
export const train = (
  open: OpenRecipe,
  folder: string,
  steps: number,
  stopAfter: number = Infinity,
): Promise<void> =>
  run(
    Effect.gen(function* () {
      const device = yield* openDevice("cpu", { threads: 1 })
      const recipe = yield* open(device)
      const onStep = ({ step }: { readonly step: number }): void => {
        if (step === stopAfter) throw new Error("stopped")
      }
      yield* recipe.train({ folder, device, steps, onStep })
    }),
  )

/** The code of what a first step fails with. */
export const refusal = (t: TestContext, recipe: Recipe): Promise<string> =>
  codeOf(recipe.train({ folder: folderFor(t), device: referenceDevice, steps: 1, onStep: () => {} }))

/** A recipe that was stopped goes on to the same bytes in `files`, from the texts it kept. */
export const assertResumes = async (
  t: TestContext,
  open: OpenRecipe,
  {
    steps,
    stopAfter,
    files,
  }: { readonly steps: number; readonly stopAfter: number; readonly files: readonly string[] },
): Promise<void> => {
  const [whole, broken] = [folderFor(t), folderFor(t)]
  const read = (folder: string, name: string): Buffer => readFileSync(join(folder, name))
  const texts = join("texts", "train-00000.safetensors")
  await train(open, whole, steps)
  await assert.rejects(train(open, broken, steps, stopAfter))
  const kept = read(broken, texts)
  await train(open, broken, steps)
  assert.ok(kept.equals(read(broken, texts)))
  for (const name of [...files, "checkpoint.safetensors"])
    assert.ok(read(whole, name).equals(read(broken, name)), name)
}

/** The same model, whose every token ends a text. */
export const silenced = (backbone: Backbone): Backbone => {
  const endTokens = Array.from({ length: vocabulary }, (_, token) => token)
  return { ...backbone, model: { ...backbone.model, info: { ...backbone.model.info, endTokens } } }
}

/** What a drafter brings on a held-out prompt where it always drafts, whether that seems to pay or not. */
export const draftedWith = (
  model: Model,
  drafter: Drafter,
  index: number,
  maxTokens: number,
): Effect.Effect<Stats, ParadeError, Scope> => {
  const parts = {
    model,
    drafter,
    verifier: exactMatch,
    sampler: greedySampler,
    cache: caches,
    adaptive: false,
  }
  const request = {
    prompt: [{ tokens: tokenizer.encode(letters.example("test", index, 0).prompt) }],
    target: { kind: "continuation", maxTokens },
    seed: 0,
  } as const
  return Effect.map(collectText(speculative(parts).decode(request)), ({ stats }) => stats)
}
