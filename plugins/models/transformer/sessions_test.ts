import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { Model, Need } from "@parade/core"
import { groupedQueryAttention } from "@parade/grouped-query"
import { sharedOrSkip } from "@parade/test/shared"
import { readSafetensors, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { InferenceSession } from "onnxruntime-node"
import { run, temporaryCache } from "./_testing.ts"
import { transformer } from "./transformer.ts"

temporaryCache()

interface Opened {
  readonly threads: number | undefined
  /** Whether its threads leave the cores to others when a run ends. */
  readonly yields: boolean
}

/** The checkpoint with so many tokens, whose rows are zeros. */
const withVocabulary = async (t: TestContext, original: string, tokens: number): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-sessions-"))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = readSafetensors(join(original, "model.safetensors"))
  const tensors = [...file.tensors.values()]
    .filter(({ name }) => name !== "lm_head.weight")
    .map(({ name, type, shape: [rows, ...rest], bytes }) =>
      name === "model.embed_tokens.weight"
        ? { name, type, shape: [tokens, ...rest], bytes: () => new Uint8Array(4 * tokens * rest[0]!) }
        : { name, type, shape: [rows!, ...rest], bytes: () => bytes() },
    )
  await Effect.runPromise(writeSafetensors(join(folder, "model.safetensors"), tensors))
  file.close()
  const config = JSON.parse(readFileSync(join(original, "config.json"), "utf8")) as object
  const changed = { ...config, vocab_size: tokens, tie_word_embeddings: true }
  writeFileSync(join(folder, "config.json"), JSON.stringify(changed))
  return folder
}

/** The sessions of a model on two threads, those of its head behind the others. */
const sessionsOf = async (
  t: TestContext,
  needs: readonly Need[],
  peers: number,
  vocabulary?: number,
): Promise<readonly Opened[] | undefined> => {
  const tiny = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (tiny === undefined) return undefined
  const source = vocabulary === undefined ? tiny : await withVocabulary(t, tiny, vocabulary)
  const create = t.mock.method(InferenceSession, "create")
  const config = Schema.decodeUnknownSync(transformer.config)({ source, dtype: "fp32", threads: 2 })
  const context = {
    path: "$.model",
    base: "",
    needs,
    peers,
    shared: (_: string, acquire: Effect.Effect<Model>) => acquire,
  }
  const opened = Effect.gen(function* () {
    const model = yield* transformer.make(config, { attention: groupedQueryAttention }, context as never)
    if (model.head !== undefined) yield* model.head(new Float32Array(model.info.width))
  })
  await run(opened)
  const sessions = create.mock.calls.map(({ arguments: [, options] }) => {
    const { intraOpNumThreads, extra } = options as unknown as InferenceSession.SessionOptions
    return {
      threads: intraOpNumThreads,
      yields: extra?.["session.force_spinning_stop"] === "1",
    }
  })
  create.mock.restore()
  return sessions
}

test("The threads of a model alone wait for its next forward.", async (t) => {
  const sessions = await sessionsOf(t, [], 0)
  if (sessions !== undefined) assert.deepEqual(sessions, [{ threads: 2, yields: false }])
})

test("The threads of a model that others run beside leave the cores to them between its forwards.", async (t) => {
  const sessions = await sessionsOf(t, [], 1)
  if (sessions !== undefined) assert.deepEqual(sessions, [{ threads: 2, yields: true }])
})

test("The threads of a model in pieces leave the cores to the next piece.", async (t) => {
  const sessions = await sessionsOf(t, [{ name: "cut", value: 1 }], 0)
  if (sessions === undefined) return
  assert.ok(sessions.length > 1, `There are ${sessions.length} sessions.`)
  for (const { yields } of sessions) assert.equal(yields, true)
})

test("A small head is lent on one thread, and the model's threads wait for its next forward.", async (t) => {
  const sessions = await sessionsOf(t, [{ name: "head", value: "drafts" }], 0)
  if (sessions === undefined) return
  assert.deepEqual(sessions, [
    { threads: 2, yields: false },
    { threads: 1, yields: false },
  ])
})

test("A large head is lent on all threads, and head and model leave the cores to each other.", async (t) => {
  const sessions = await sessionsOf(t, [{ name: "head", value: "drafts" }], 0, 2 ** 17 + 1)
  if (sessions === undefined) return
  assert.deepEqual(sessions, [
    { threads: 2, yields: true },
    { threads: 2, yields: true },
  ])
})
