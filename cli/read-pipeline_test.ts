import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import { type PipelineChoice, readPipeline } from "./read-pipeline.ts"

const choice: PipelineChoice = { file: undefined, model: undefined, device: undefined, set: [] }

const withModelVariable = async <A>(value: string | undefined, use: () => Promise<A>): Promise<A> => {
  const before = process.env["PARADE_MODEL"]
  const put = (next: string | undefined): void => {
    if (next === undefined) delete process.env["PARADE_MODEL"]
    else process.env["PARADE_MODEL"] = next
  }
  put(value)
  try {
    return await use()
  } finally {
    put(before)
  }
}

const read = (changes: Partial<PipelineChoice>, pipeline?: object, variable?: string): Promise<unknown> =>
  withModelVariable(variable, async () => {
    const folder = mkdtempSync(join(tmpdir(), "parade-read-"))
    try {
      const file = pipeline === undefined ? undefined : join(folder, "p.json")
      if (file !== undefined) writeFileSync(file, JSON.stringify(pipeline))
      return (await Effect.runPromise(readPipeline({ ...choice, file, ...changes }))).value
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

const transformer = (settings: object): object => ({ use: "@parade/transformer", with: settings })
const plain = (model: object): object => ({ use: "@parade/autoregressive", model })

test("Without a file and a model the pipeline is plain decoding, as its defaults have it.", async () => {
  assert.deepEqual(await read({}), { use: "@parade/autoregressive" })
})

test("--model replaces the pipeline's source and starts from the current folder.", async () => {
  const wanted = plain(transformer({ source: resolve("models/x") }))
  assert.deepEqual(await read({ model: "models/x" }), wanted)
  assert.deepEqual(
    await read({ model: "models/x" }, plain(transformer({ source: "other" })), "third"),
    wanted,
  )
  assert.deepEqual(await read({ model: "hf:owner/name" }), plain(transformer({ source: "hf:owner/name" })))
})

test("PARADE_MODEL serves models that name no source, and only those.", async () => {
  assert.deepEqual(await read({}, undefined, "/m"), plain(transformer({ source: "/m" })))
  const stated = plain(transformer({ source: "other" }))
  assert.deepEqual(await read({}, stated, "/m"), stated)
})

test("--model serves a draft model too, unless that names its own.", async () => {
  const speculative = (draft: object): object => ({
    use: "@parade/speculative",
    drafter: { use: "@parade/draft-model", model: transformer(draft) },
  })
  assert.deepEqual(await read({ model: "/m" }, speculative({})), {
    ...speculative({ source: "/m" }),
    model: transformer({ source: "/m" }),
  })
  assert.deepEqual(await read({ model: "/m" }, speculative({ source: "small" })), {
    ...speculative({ source: "small" }),
    model: transformer({ source: "/m" }),
  })
})

test("--device reaches every model, --set any place; its values are JSON or else text.", async () => {
  assert.deepEqual(await read({ device: "webgpu" }), plain(transformer({ device: "webgpu" })))
  assert.deepEqual(await read({ set: ["sampler.with.temperature=0.5", "model.with.source=a=b"] }), {
    use: "@parade/autoregressive",
    sampler: { use: "@parade/standard-sampler", with: { temperature: 0.5 } },
    model: transformer({ source: "a=b" }),
  })
})

test("A missing file brings the nearest name; a --set without a value says how to write one.", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parade-read-"))
  writeFileSync(join(folder, "speculative.json"), "{}")
  const fail = (changes: Partial<PipelineChoice>): Promise<{ code: string; describe: () => string }> =>
    Effect.runPromise(Effect.flip(readPipeline({ ...choice, ...changes })))
  const missing = await fail({ file: join(folder, "speculativ.json") })
  assert.equal(missing.code, "command.missing-file")
  assert.match(missing.describe(), /Did you mean "speculative\.json"\?/)
  assert.equal((await fail({ file: folder })).code, "command.unreadable-file")
  assert.equal((await fail({ set: ["temperature"] })).code, "command.bad-option")
  assert.equal((await fail({ set: ["use.x=1"] })).code, "pipeline.bad-override")
  const twice = await fail({ set: ['model.with={"device":"cpu","device":"webgpu"}'] })
  assert.match(
    twice.describe(),
    /^\$\.model\.with\.device: "device" is said twice.*\[pipeline\.duplicate-key\]$/,
  )
  const deep = await fail({ set: [`model.with.source=${"[".repeat(50_000)}${"]".repeat(50_000)}`] })
  assert.equal(deep.code, "pipeline.too-deep")
  rmSync(folder, { recursive: true })
})
