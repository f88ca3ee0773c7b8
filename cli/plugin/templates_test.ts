import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import test from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { build, collectText, type Decoder, kind, validate } from "@parade/core"
import * as Effect from "effect/Effect"
import { openRegistry } from "../load-plugins.ts"
import { outsideFolder, writePackage } from "./_packages-testing.ts"
import { problemsOf } from "./check-package.ts"
import { sharedFolder, templateKinds, withoutTemplate } from "./kinds.ts"
import { openPackage } from "./open-package.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"))

const nameFor = (kind: string): string => `my-${kind.toLowerCase()}`

const folder = outsideFolder()
const packages = templateKinds.map((kind) => ({ kind, place: writePackage(folder, kind, nameFor(kind)) }))

test("Every kind that the registry knows has a template, or a reason why not.", () => {
  const folders = readdirSync(dirname(sharedFolder)).filter((name) => !name.startsWith("_"))
  assert.deepEqual([...templateKinds].sort(), folders.sort())
  const { plugins } = readJson(join(root, "registry.json")) as { plugins: readonly { kind: string }[] }
  const { definitions } = readJson(join(root, "core/schema/pipeline.v1.schema.json")) as {
    definitions: object
  }
  const slots = Object.keys(definitions).flatMap((key) => /^kind\.(\w+)$/.exec(key)?.[1] ?? [])
  assert.deepEqual(
    [...templateKinds, ...withoutTemplate.keys()].sort(),
    [...new Set([...slots, ...plugins.map((plugin) => plugin.kind)])].sort(),
  )
})

for (const { kind, place } of packages)
  test(`A new ${kind} is a fit plugin, of the summary that its package tells.`, async () => {
    const subject = await Effect.runPromise(openPackage(place))
    assert.deepEqual(await Effect.runPromise(problemsOf(subject)), [])
    assert.equal(subject.plugins[0]!.summary, subject.manifest.description)
    assert.equal(subject.plugins[0]!.kind.name, kind)
  })

test("New packages are of the types that the published ones have, as strictly as those.", async () => {
  const options = (path: string): object => (readJson(path) as { compilerOptions: object }).compilerOptions
  const [first] = packages
  assert.deepEqual(options(join(first!.place, "tsconfig.json")), options(join(root, "tsconfig.json")))
  // All at once: the compiler reads the packages that they share one time.
  const project = { extends: `./${nameFor(first!.kind)}/tsconfig.json`, include: ["my-*/*.ts"] }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project))
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
  const said = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).then(
    () => "",
    (error: { readonly stdout: string; readonly stderr: string }) => error.stdout + error.stderr,
  )
  assert.equal(said, "")
})

for (const { kind: own, place } of packages)
  test(`The example of a new ${own} runs on the embedded models.`, async () => {
    const name = nameFor(own)
    const value = readJson(join(place, "examples", `${name}.json`)) as { readonly use: string }
    const registry = openRegistry(join(place, "examples"))
    const program = Effect.gen(function* () {
      const rootKind = yield* Effect.map(
        Effect.orDie(registry.resolve(value.use, undefined)),
        (plugin) => plugin.kind,
      )
      const made = yield* build(yield* validate(kind<unknown>(rootKind.name), value, registry), place)
      if (rootKind.name !== "decoder") return undefined
      const prompt = [{ tokens: [5, 6, 7, 5, 6, 7] }]
      const target = { kind: "continuation", maxTokens: 4 } as const
      return yield* collectText(
        (made as Decoder).decode({ prompt, target, stop: { ignoreEnd: true }, seed: 1 }),
      )
    })
    const finished = await Effect.runPromise(Effect.scoped(program))
    assert.ok(finished === undefined || finished.tokens.length === 4)
  })
