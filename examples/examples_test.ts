import assert from "node:assert/strict"
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import test, { after, type TestContext } from "node:test"
import { fileURLToPath } from "node:url"
import { collectText, compose, DecoderKind, validate } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import { Ajv } from "ajv"
import * as Effect from "effect/Effect"
import { openRegistry } from "../cli/load-plugins.ts"
import { readPipeline } from "../cli/read-pipeline.ts"

const folder = dirname(fileURLToPath(import.meta.url))
const files = ["", "plugin"].flatMap((part) =>
  readdirSync(join(folder, part))
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(part, name)),
)

const schemaFile = join(folder, "..", "core", "schema", "pipeline.v1.schema.json")
const accepts = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(schemaFile, "utf8")) as object)

/** The checkpoint with its last token declared the mask: random weights do for both. */
const withMask = (source: string): string => {
  const copy = mkdtempSync(join(tmpdir(), "parade-example-"))
  after(() => rmSync(copy, { recursive: true, force: true }))
  const config = JSON.parse(readFileSync(join(source, "config.json"), "utf8")) as { vocab_size: number }
  for (const name of readdirSync(source))
    if (name !== "config.json") symlinkSync(join(resolve(source), name), join(copy, name))
  writeFileSync(
    join(copy, "config.json"),
    JSON.stringify({ ...config, mask_token_id: config.vocab_size - 1 }),
  )
  return copy
}

test("There is an example for every official decoder and verifier.", () => {
  const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join()
  const wanted = openRegistry(folder).entries.filter(({ kind }) =>
    ["decoder", "verifier", "drafter", "schedule", "refresh", "unmasker"].includes(kind),
  )
  for (const { name } of wanted) assert.ok(text.includes(`"${name}"`), `No example uses ${name}.`)
})

/** Parts that were trained, or counted, decode with the model they are for: an embedded one. */
const trained = openRegistry(folder).entries.filter(({ capabilities }) =>
  ["trained", "counted"].some((capability) => capabilities.includes(capability)),
)

/** Models that the parts of a package were trained for, in the shared folder. */
const trainedFor: Readonly<Record<string, string>> = { "@parade/drafters-smollm2": "SmolLM2-135M-Instruct" }

/** Pipelines that hide from rows what others see; they decode with the weights they come with, trained for that. */
const ownWeights: ReadonlySet<string> = new Set([
  "fast-dllm-v2.json",
  "masked-diffusion-margin-exact-blocks.json",
  "wedlm.json",
])

const modelFor = (context: TestContext, file: string): string | undefined => {
  const text = readFileSync(join(folder, file), "utf8")
  const named = Object.keys(trainedFor).find((name) => text.includes(`npm:${name}/`))
  if (named !== undefined) return sharedOrSkip(context, "models", trainedFor[named]!)
  const part = trained.find(({ name }) => text.includes(`"${name}"`))
  if (part === undefined) {
    const llama = sharedOrSkip(context, "fixtures", "tiny-hf", "llama")
    return llama === undefined ? undefined : withMask(llama)
  }
  return `npm:@parade/model-tiny-${part.kind === "unmasker" ? "diffusion" : "text"}/model`
}

for (const file of files) {
  const path = join(folder, file)
  test(`${file} names its schema and is accepted by it and by the loader.`, async () => {
    const value = JSON.parse(readFileSync(path, "utf8")) as { readonly $schema: string }
    assert.equal(resolve(dirname(path), value.$schema), schemaFile)
    assert.ok(existsSync(schemaFile))
    assert.ok(accepts(value), JSON.stringify(accepts.errors))
    await Effect.runPromise(validate(DecoderKind, value, openRegistry(dirname(path))))
  })

  test(`${file} decodes with one model for all.`, async (context) => {
    const model = ownWeights.has(file) ? undefined : modelFor(context, file)
    if (model === undefined && !ownWeights.has(file)) return
    const program = Effect.gen(function* () {
      const { value, base, registry } = yield* readPipeline({ file: path, model, device: "cpu", set: [] })
      const decoder = yield* compose(value, { registry, base })
      const prompt = [{ tokens: [5, 6, 7, 5, 6, 7, 5, 6] }]
      return yield* collectText(
        decoder.decode({
          prompt,
          target: { kind: "continuation", maxTokens: 6 },
          stop: { ignoreEnd: true },
          seed: 1,
        }),
      )
    })
    const { tokens } = await Effect.runPromise(Effect.scoped(program))
    assert.equal(tokens.length, 6)
  })
}
