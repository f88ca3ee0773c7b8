import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { Model, ParadeError } from "@parade/core"
import { continueTexts } from "@parade/recipes"
import { collectionTask, drawsFor, equalTo } from "@parade/tasks"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { caches, makeBackbone, tokenizer, vocabulary, width } from "../_tiny-backbone.ts"
import { ownTexts, type OwnTextSettings } from "./mod.ts"

const tiny = (seed: number, endTokens: readonly number[] = []): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(makeBackbone(seed, 2, { outputs: ["hidden.final"] }), ({ model }) => ({
    ...model,
    info: { ...model.info, endTokens },
  }))

const run = <A>(effect: Effect.Effect<A, ParadeError, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

/** Prompts of one to six tokens. */
const promptsOf = (count: number): readonly Int32Array[] =>
  Array.from({ length: count }, (_, i) => {
    const draws = drawsFor("prompts", 1, i)
    return Int32Array.from({ length: draws.between(1, 6) }, () => draws.below(vocabulary))
  })

const letters = collectionTask({
  name: "letters",
  description: "letters",
  category: "letters",
  size: { train: 90, test: 20 },
  at: (split, place) => {
    const first = split === "train" ? place % 20 : place
    const prompt = tokenizer.decode([first, Math.floor(place / 20), split === "train" ? 1 : 2])
    return { instance: `${split} ${place}`, prompt, answer: "x", score: equalTo("x") }
  },
})

const settings: OwnTextSettings = {
  prompts: 80,
  heldOutPrompts: 6,
  promptLength: 4,
  continuation: 12,
  chat: 0.5,
  seed: 0,
}

const choice = { least: 2, output: "hidden.final", tooShort: { than: "one token", advice: "" } }

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-texts-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const collect = (folder: string, model: Effect.Effect<Model, ParadeError, Scope>, changed = {}) =>
  Effect.flatMap(model, (own) =>
    ownTexts(folder, own, { tasks: [letters], cache: caches }, { ...settings, ...changed }, choice),
  )

test("texts that grow side by side are those that grow alone, and so are their states", async () => {
  const prompts = promptsOf(12)
  const how = { continuation: 14, output: "hidden.final" }
  await run(
    Effect.gen(function* () {
      for (const [seed, endTokens] of [
        [3, []],
        [4, [5, 11, 17]],
      ] as const) {
        const model = yield* tiny(seed, endTokens)
        const together = yield* continueTexts(model, caches, prompts, how)
        const apart = yield* continueTexts(
          { ...model, info: { ...model.info, visibility: ["ranked"] } },
          caches,
          prompts,
          how,
        )
        for (const [i, text] of together.entries()) {
          const alone = apart[i]!
          assert.deepEqual(text.tokens, alone.tokens)
          assert.deepEqual(text.tokens.subarray(0, text.from), prompts[i])
          assert.equal(text.states().length, (text.tokens.length - 1) * width)
          for (const [j, value] of text.states().entries())
            assert.ok(Math.abs(value - alone.states()[j]!) < 1e-4, `text ${i}, number ${j}`)
          assert.deepEqual(text.states(2, 4), text.states().subarray(2 * width, 4 * width))
        }
      }
    }),
  )
})

test("kept texts are the model's own, their states as 16 bits hold them", async (t) => {
  const folder = folderFor(t)
  await run(
    Effect.gen(function* () {
      const { train, heldOut } = yield* collect(folder, tiny(3))
      assert.equal(train.length, 80)
      assert.equal(heldOut.length, 6)
      const model = yield* tiny(3)
      const prompts = train.map(({ tokens, from }) => tokens.slice(0, from))
      const how = { continuation: settings.continuation, output: "hidden.final" }
      const again = yield* continueTexts(model, caches, prompts, how)
      for (const [i, { tokens, states }] of train.entries()) {
        assert.deepEqual(tokens, again[i]!.tokens)
        const [kept, exact] = [states(1, 3), again[i]!.states(1, 3)]
        assert.equal(kept.length, 2 * width)
        for (const [j, value] of kept.entries())
          assert.ok(Math.abs(value - exact[j]!) <= 1e-3 * Math.abs(exact[j]!) + 1e-6)
      }
    }),
  )
})

test("collecting that was stopped goes on from the last whole file, to the same bytes", async (t) => {
  const [whole, stopped] = [folderFor(t), folderFor(t)]
  await run(collect(whole, tiny(3)))
  let forwards = 0
  const failing = Effect.map(tiny(3), (model): Model => ({
    ...model,
    forward: (rows, options) => (++forwards > 60 ? Effect.die("stopped") : model.forward(rows, options)),
  }))
  await assert.rejects(run(collect(stopped, failing)))
  const first = join(stopped, "texts", "train-00000.safetensors")
  assert.deepEqual(readdirSync(join(stopped, "texts")), [
    "train-00000.hidden.final.safetensors",
    "train-00000.safetensors",
  ])
  const { ino } = statSync(first)
  await run(collect(stopped, tiny(3)))
  assert.equal(statSync(first).ino, ino)
  const files = readdirSync(join(whole, "texts"))
  assert.deepEqual(
    files,
    ["heldOut-00000", ...[0, 1, 2, 3, 4].map((file) => `train-0000${file}`)].flatMap((name) => [
      `${name}.hidden.final.safetensors`,
      `${name}.safetensors`,
    ]),
  )
  for (const file of files)
    assert.ok(
      readFileSync(join(whole, "texts", file)).equals(readFileSync(join(stopped, "texts", file))),
      file,
    )
})

test("texts of other settings are collected anew, and a named folder serves several trainings", async (t) => {
  const [folder, shared] = [folderFor(t), folderFor(t)]
  await run(
    Effect.gen(function* () {
      const first = yield* collect(folder, tiny(3), { texts: shared, prompts: 5 })
      assert.deepEqual(readdirSync(folder), [])
      const unused = Effect.map(tiny(3), (model): Model => ({
        ...model,
        forward: () => Effect.die("collected anew"),
      }))
      const again = yield* collect(join(folder, "other"), unused, { texts: shared, prompts: 5 })
      assert.deepEqual(again.train[0]!.tokens, first.train[0]!.tokens)
      const more = yield* collect(folder, unused, { texts: shared, prompts: 5, heldOutPrompts: 6 })
      assert.equal(more.source, first.source)
      const longer = yield* collect(folder, tiny(3), { texts: shared, prompts: 5, continuation: 20 })
      assert.notEqual(longer.source, first.source)
      assert.equal(longer.train[0]!.tokens.length - longer.train[0]!.from, 20)
    }),
  )
})

test("texts that are there serve another output: its states are read in one forward of each", async (t) => {
  const folder = folderFor(t)
  const both = (seed: number) =>
    Effect.map(makeBackbone(seed, 2, { outputs: ["hidden.1", "hidden.final"] }), ({ model }) => model)
  const ask = (output: string | undefined, model: Effect.Effect<Model, ParadeError, Scope>, least = 2) =>
    Effect.flatMap(model, (own) =>
      ownTexts(
        folder,
        own,
        { tasks: [letters], cache: caches },
        { ...settings, prompts: 3, heldOutPrompts: 1 },
        { least, tooShort: choice.tooShort, ...(output !== undefined && { output }) },
      ),
    )
  let forwards = 0
  const counted = Effect.map(both(3), (model): Model => ({
    ...model,
    forward: (rows, options) => {
      forwards++
      return model.forward(rows, options)
    },
  }))
  await run(
    Effect.gen(function* () {
      const first = yield* ask(undefined, both(3))
      assert.equal(first.train[0]!.states().length, 0)
      const later = yield* ask("hidden.1", counted, 3)
      assert.equal(forwards, 4)
      const prompts = first.train.map(({ tokens, from }) => tokens.slice(0, from))
      const how = { continuation: settings.continuation, output: "hidden.1" }
      const exact = yield* continueTexts(yield* both(3), caches, prompts, how)
      for (const [i, { tokens, states }] of later.train.entries()) {
        assert.deepEqual(tokens, first.train[i]!.tokens)
        for (const [j, value] of states().entries())
          assert.ok(Math.abs(value - exact[i]!.states()[j]!) <= 1e-3 * Math.abs(value) + 1e-4)
      }
      yield* ask("hidden.1", counted)
      assert.equal(forwards, 4)
    }),
  )
})
