import assert from "node:assert/strict"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { TestContext } from "node:test"
import {
  type MakeContext,
  type Model,
  type ParadeError,
  Progress,
  type ProgressReport,
  tokenRows,
} from "@parade/core"
import { groupedQueryAttention } from "@parade/grouped-query"
import { sharedOrSkip } from "@parade/test/shared"
import { readSafetensors, writeSafetensors } from "@parade/weights"
import type { OutgoingTensor } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { failureOf, forwardAll, newCache, open, run, temporaryCache } from "./_testing.ts"
import { transformer } from "./transformer.ts"

temporaryCache()
const root = mkdtempSync(join(tmpdir(), "parade-load-"))
after(() => rmSync(root, { recursive: true, force: true }))
let count = 0

type Change = (tensors: readonly OutgoingTensor[]) => readonly OutgoingTensor[]

/** A copy of the tiny Llama with its tensors or config changed. */
const changed = async (
  t: TestContext,
  change: Change,
  config: Readonly<Record<string, unknown>> = {},
): Promise<string | undefined> => {
  const original = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (original === undefined) return undefined
  const folder = join(root, `${count++}`)
  cpSync(original, folder, { recursive: true })
  const file = readSafetensors(join(original, "model.safetensors"))
  const tensors = [...file.tensors.values()].map(({ name, type, shape, bytes }) => ({
    name,
    type,
    shape,
    bytes: () => bytes(),
  }))
  const path = join(folder, "model.safetensors")
  rmSync(path)
  await Effect.runPromise(writeSafetensors(path, change(tensors)))
  file.close()
  const json = JSON.parse(readFileSync(join(original, "config.json"), "utf8")) as object
  rmSync(join(folder, "config.json"))
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...json, ...config }))
  return folder
}

const key = "model.layers.1.self_attn.k_proj.weight"

const damages: readonly {
  readonly what: string
  readonly change?: Change
  readonly config?: Readonly<Record<string, unknown>>
  readonly code: string
  readonly names: RegExp
}[] = [
  {
    what: "a tensor that is missing",
    change: (tensors) => tensors.filter(({ name }) => name !== key),
    code: "model.missing-weight",
    names: /layers\.1\.self_attn\.k_proj/,
  },
  {
    what: "a tensor of another shape than the config says",
    config: { intermediate_size: 96 },
    code: "model.weight-shape",
    names: /mlp\.(gate|up|down)_proj/,
  },
  {
    what: "fewer layers than the checkpoint has",
    config: { num_hidden_layers: 2 },
    code: "model.unexpected-weight",
    names: /layers\.2\./,
  },
  {
    what: "a bias the config does not tell of",
    change: (tensors) => [
      ...tensors,
      {
        name: "model.layers.0.self_attn.q_proj.bias",
        type: "F32",
        shape: [64],
        bytes: () => new Uint8Array(256),
      },
    ],
    code: "model.unexpected-weight",
    names: /q_proj\.bias/,
  },
  {
    what: "a weight that is not a number",
    change: (tensors) =>
      tensors.map((tensor) => {
        if (tensor.name !== key) return tensor
        const bytes = tensor.bytes().slice()
        new DataView(bytes.buffer).setFloat32(64, NaN, true)
        return { ...tensor, bytes: () => bytes }
      }),
    code: "weights.not-finite",
    names: /layers\.1\.self_attn\.k_proj/,
  },
  {
    what: "an architecture nobody knows",
    config: { model_type: "mixtral" },
    code: "model.unsupported-architecture",
    names: /mixture of experts.*model_type/,
  },
  {
    what: "an end token outside the vocabulary",
    config: { eos_token_id: [2, 256] },
    code: "model.bad-config",
    names: /tokens from 0 to 255.*\[2,256\].*config\.json: eos_token_id/,
  },
  {
    what: "a mask token that is no token",
    config: { mask_token_id: 1.5 },
    code: "model.bad-config",
    names: /config\.json: mask_token_id/,
  },
]

const same: Change = (tensors) => tensors

for (const { what, change = same, config = {}, code, names } of damages)
  test(`${what} is refused by name, on every device alike`, async (t) => {
    const folder = await changed(t, change, config)
    if (folder === undefined) return
    for (const device of ["reference", "cpu"] as const) {
      const error = await failureOf(open(folder, { device }))
      assert.equal(error.code, code, error.describe())
      assert.equal(error.fault, "caller")
      assert.match(`${error.message} ${error.path}`, names)
      assert.ok(error.advice !== undefined)
    }
  })

test("a config without the checkpoint's tensors of a tied head is read as tied or refused", async (t) => {
  const without: Change = (tensors) => tensors.filter(({ name }) => name !== "lm_head.weight")
  const refused = await changed(t, without)
  const tied = await changed(t, without, { tie_word_embeddings: true })
  if (refused === undefined || tied === undefined) return
  assert.equal((await failureOf(open(refused))).code, "model.missing-weight")
  assert.equal((await run(open(tied))).info.architecture, "llama")
})

const withTokenizer = async (t: TestContext, size: number, added: readonly number[]) => {
  const folder = await changed(t, same)
  if (folder === undefined) return undefined
  const vocab = Object.fromEntries(
    Array.from({ length: size }, (_, id) => [String.fromCodePoint(0x4e00 + id), id]),
  )
  const tokenizer = {
    added_tokens: added.map((id) => ({ id, content: `<${id}>`, special: true })),
    model: { type: "BPE", vocab, merges: [] },
    decoder: { type: "ByteLevel" },
  }
  rmSync(join(folder, "tokenizer.json"), { force: true })
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizer))
  return folder
}

test("a tokenizer with more tokens for texts than the model has is another model's", async (t) => {
  const folder = await withTokenizer(t, 257, [])
  if (folder === undefined) return
  const error = await failureOf(open(folder))
  assert.equal(error.code, "model.foreign-tokenizer", error.describe())
  assert.equal(error.fault, "caller")
  assert.match(error.message, /has 257 tokens for texts, the model 256/)
})

test("added tokens may lie beyond the model's, and fewer tokens than it has rows are normal", async (t) => {
  for (const [size, added] of [
    [256, [256, 300]],
    [200, []],
  ] as const) {
    const folder = await withTokenizer(t, size, added)
    if (folder === undefined) return
    assert.equal((await run(open(folder))).info.vocabularySize, 256)
  }
})

test("generation_config.json may say how long answers are, and what the model is good at", async (t) => {
  const folder = await changed(t, same)
  if (folder === undefined) return
  const path = join(folder, "generation_config.json")
  const say = (advice: object): void => {
    rmSync(path, { force: true })
    writeFileSync(path, JSON.stringify(advice))
  }
  say({})
  const silent = (await run(open(folder))).info
  assert.deepEqual([silent.answerLength, silent.examplePrompt], [undefined, undefined])
  say({ max_new_tokens: 32, example_prompt: "copy: A B" })
  const { answerLength, examplePrompt } = (await run(open(folder))).info
  assert.deepEqual([answerLength, examplePrompt], [32, "copy: A B"])
  say({ example_prompt: 7 })
  assert.equal((await failureOf(open(folder))).code, "model.bad-config")
})

test("an output the model does not have is refused when it is built", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  for (const output of ["hidden.4", "hidden.-1", "router.0"]) {
    const error = await failureOf(open(folder, { outputs: [output] }))
    assert.equal(error.code, "model.unknown-output")
    assert.match(error.advice ?? "", /hidden\.3/)
  }
})

test("a text longer than the context is refused before anything is computed", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "gpt2")
  if (folder === undefined) return
  const error = await failureOf(
    Effect.gen(function* () {
      const model = yield* open(folder)
      const count = model.info.contextLength + 1
      const rows = { tokens: new Int32Array(count), positions: new Int32Array(count) }
      return yield* forwardAll(model, yield* newCache(model), rows)
    }),
  )
  assert.equal(error.code, "model.context-full")
})

const context = (changes: Partial<MakeContext> = {}): MakeContext => ({
  path: "$.model",
  base: "",
  needs: [],
  peers: 0,
  shared: (_, acquire) => Effect.scoped(acquire as Effect.Effect<never>),
  ...changes,
})

const defaults = Schema.decodeUnknownSync(transformer.config)({}) as object

const make = (config: object, changes: Partial<MakeContext> = {}): Effect.Effect<Model, ParadeError> =>
  Effect.scoped(
    transformer.make(
      { ...defaults, device: "reference", threads: 1, ...config },
      { attention: groupedQueryAttention },
      context(changes),
    ),
  )

test("without a source the model named in the environment is used, else the embedded one", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  const before = process.env["PARADE_MODEL"]
  t.after(() => {
    if (before === undefined) delete process.env["PARADE_MODEL"]
    else process.env["PARADE_MODEL"] = before
  })
  delete process.env["PARADE_MODEL"]
  assert.equal((await run(make({}))).info.vocabularySize, 1024)
  process.env["PARADE_MODEL"] = folder
  assert.equal((await run(make({}))).info.name, "llama")
})

test("a relative source starts from the folder of the pipeline", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf")
  if (folder === undefined) return
  assert.equal((await run(make({ source: "llama" }, { base: folder }))).info.name, "llama")
  assert.equal((await failureOf(make({ source: "llama" }, { base: root }))).code, "weights.file-missing")
})

test("equal configs share one model, and what is needed of it is granted", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  const keys: string[] = []
  const shared: MakeContext["shared"] = (name, acquire) => {
    keys.push(name)
    return Effect.scoped(acquire as Effect.Effect<never>)
  }
  const needs = [
    { name: "output", value: "hidden.2" },
    { name: "output", value: "logits" },
    { name: "visibility", value: "tree" },
    { name: "vectors", value: "any" },
  ]
  const first = await run(make({ source: folder }, { shared, needs }))
  await run(make({ source: folder }, { shared, needs: needs.toReversed() }))
  await run(make({ source: folder }, { shared }))
  assert.equal(keys[0], keys[1])
  assert.notEqual(keys[0], keys[2])
  assert.deepEqual(first.info.outputs, ["logits", "hidden.2"])
})

test("Loading says what it is at, and what is done once only the first time", async (t) => {
  const source = await changed(t, (tensors) => tensors)
  if (source === undefined) return
  const load = async (): Promise<readonly string[]> => {
    const tasks: string[] = []
    const told = (report: ProgressReport): void => {
      if (tasks.at(-1) !== report.task) tasks.push(report.task)
    }
    await run(open(source, { device: "cpu" }).pipe(Effect.provideService(Progress, told)))
    return tasks
  }
  const once = (task: string): boolean => task.includes("once per")
  const first = await load()
  assert.ok(first.some(once), first.join())
  const again = await load()
  assert.deepEqual(again, [
    "Reading the checkpoint",
    "Opening the device",
    "Reading the tokenizer",
    "Starting the session",
  ])
})

test("a checkpoint that was loaded before is started without building its graph, as long as nothing has changed", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "qwen2")
  if (folder === undefined) return
  const once = async (options: Partial<Parameters<typeof open>[1]> = {}) => {
    const tasks: string[] = []
    const read = Effect.gen(function* () {
      const model = yield* open(folder, { device: "cpu", ...options })
      const outputs = yield* forwardAll(model, yield* newCache(model), tokenRows([5, 7, 9], 0))
      return { logits: [...outputs["logits"]!.data], bytes: model.info.weightBytes }
    })
    const listen = ({ task }: ProgressReport): void => void tasks.push(task)
    const made = await run(Effect.provideService(read, Progress, listen))
    return { ...made, isBuilt: tasks.includes("Building the graph") }
  }
  const first = await once()
  assert.ok(first.isBuilt)
  assert.deepEqual(await once(), { ...first, isBuilt: false })
  assert.ok((await once({ outputs: ["hidden.1"] })).isBuilt)
  assert.ok((await once({ takesVectors: true })).isBuilt)
  // Nobody knows whether the code of this one has changed.
  const { modules: _, ...unknown } = groupedQueryAttention
  assert.ok((await once({ attention: unknown })).isBuilt)
  assert.ok((await once({ attention: unknown })).isBuilt)
})
