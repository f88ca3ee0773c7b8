import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import { runParade } from "../_run-parade.ts"
import { manifestWith, outsideFolder, writePackage } from "./_packages-testing.ts"
import { problemsOf } from "./check-package.ts"
import { openPackage } from "./open-package.ts"
import { filesOfTemplate } from "./template.ts"

const folder = outsideFolder()
let count = 0

type Changes = (name: string) => Readonly<Record<string, string | undefined>>

/** What is wrong with a new drafter after some changes, as `code path`. */
const problemsWith = async (changes: Changes): Promise<readonly string[]> => {
  const name = `changed-${count++}`
  const place = writePackage(folder, "drafter", name, changes(name))
  const problems = await Effect.runPromise(Effect.flatMap(openPackage(place), problemsOf))
  return problems.map(({ code, path }) => `${code} ${path.replace(/\$\.drafter(\.one)+$/, "<path>")}`)
}

const manifest =
  (changes: Readonly<Record<string, unknown>>): Changes =>
  (name) => ({ "package.json": manifestWith("drafter", name, changes) })

const replaced =
  (path: string, from: string, to: string): Changes =>
  (name) => {
    const text = filesOfTemplate("drafter", name).get(path)!
    assert.ok(text.includes(from), `${path} has no ${from}`)
    return { [path]: text.replace(from, to) }
  }

const cases: readonly (readonly [what: string, changes: Changes, problems: readonly string[]])[] = [
  ["nothing wrong", () => ({}), []],
  [
    "a poor manifest",
    manifest({ version: "1", license: undefined, description: "", private: true, keywords: ["drafter"] }),
    [
      "package.bad-version package.json: version",
      "package.no-description package.json: description",
      "package.no-license package.json: license",
      "package.private package.json: private",
      "package.no-keywords package.json: keywords",
      "package.another-deno-json deno.json: version",
    ],
  ],
  [
    "a script at its installation",
    manifest({ scripts: { postinstall: "node build.js" } }),
    ["package.install-script package.json: scripts.postinstall"],
  ],
  ["no README", () => ({ "README.md": undefined }), ["package.no-readme README.md"]],
  [
    "a README that lacks a section",
    replaced("README.md", "## Limits", "## Bounds"),
    ["package.no-section README.md"],
  ],
  [
    "a README of another name",
    replaced("README.md", "# changed-", "# else-"),
    ["package.another-title README.md"],
  ],
  [
    "a module that does not load",
    replaced("plugin.ts", "definePlugin({", "definePlugin(nobody, {"),
    ["package.unloadable ./mod.ts", "pipeline.plugin-not-loadable examples/<name>.json: $.drafter.use"],
  ],
  [
    "no plugin",
    () => ({ "mod.ts": "export const nothing = 1\n" }),
    ["package.no-plugin package.json: exports", "pipeline.no-plugin examples/<name>.json: $.drafter.use"],
  ],
  [
    "a plugin of another name",
    replaced("plugin.ts", 'name: "changed-', 'name: "other-'),
    ["package.another-name package.json: exports"],
  ],
  [
    "another kind than the manifest and the example say",
    (name) => ({
      "plugin.ts": filesOfTemplate("drafter", name)
        .get("plugin.ts")!
        .replace("kind: DrafterKind", 'kind: { name: "guesser" }'),
    }),
    ["package.no-keywords package.json: keywords", "pipeline.wrong-kind examples/<name>.json: $.drafter.use"],
  ],
  [
    "a config that JSON cannot hold",
    replaced(
      "plugin.ts",
      "config: Schema.Struct({",
      "config: Schema.Struct({ [Symbol.iterator]: Schema.String,",
    ),
    ["package.no-json-schema plugin <name>: config", "package.example-crashes examples/<name>.json"],
  ],
  [
    "a config that is no object",
    (name) => ({
      "plugin.ts": filesOfTemplate("drafter", name)
        .get("plugin.ts")!
        .replace(/config: Schema\.Struct\([^]*?\n {2}\}\),/, "config: Schema.Int,"),
    }),
    [
      "package.config-no-object plugin <name>: config",
      "pipeline.wrong-type examples/<name>.json: $.drafter.with",
    ],
  ],
  [
    "needs of nobody",
    replaced(
      "plugin.ts",
      "  make:",
      '  needs: () => [{ slot: "modle", name: "output", value: "hidden.1" }],\n  make:',
    ),
    ["package.need-of-nobody plugin <name>: needs", "pipeline.need-unplaced examples/<name>.json: $.drafter"],
  ],
  [
    "a slot whose default is nothing",
    (name) => ({
      "plugin.ts": filesOfTemplate("drafter", name)
        .get("plugin.ts")!
        .replace("definePlugin, ", "definePlugin, slot, ModelKind, ")
        .replace(
          "  make:",
          '  slots: { model: slot(ModelKind, "A model.", { use: "@parade/transfomer" }) },\n  make:',
        ),
    }),
    [
      "pipeline.unknown-plugin plugin <name>: slots.model.default",
      "pipeline.unknown-plugin examples/<name>.json: $.drafter.model.use",
    ],
  ],
  [
    "slots whose defaults lead to itself",
    (name) => ({
      "plugin.ts": filesOfTemplate("drafter", name)
        .get("plugin.ts")!
        .replace("definePlugin, ", "definePlugin, slot, ")
        .replace(
          "  make:",
          `  slots: { one: slot(DrafterKind, "One.", { use: "${name}" }), two: slot(DrafterKind, "Two.", { use: "${name}" }) },\n  make:`,
        ),
    }),
    [
      "pipeline.too-deep plugin <name>: slots.one.default",
      "pipeline.too-deep plugin <name>: slots.two.default",
      "pipeline.too-deep examples/<name>.json: <path>",
    ],
  ],
  [
    "effect and the core as its own, and a contract that nobody names",
    manifest({ peerDependencies: {}, dependencies: { effect: "^4.1.0", "@parade/core": "^0.1.0" } }),
    [
      "package.no-peer package.json: peerDependencies.@parade/core",
      "package.no-peer package.json: peerDependencies.effect",
      "package.undeclared-import cycle.ts",
    ],
  ],
  [
    "ranges that do not fit",
    manifest({
      peerDependencies: {
        "@parade/core": "^9.0.0",
        "@parade/drafting": "soon",
        effect: "^4.1.0",
        "no-such-package-here": "1",
      },
    }),
    [
      "package.unfit-range package.json: peerDependencies.@parade/core",
      "package.bad-range package.json: peerDependencies.@parade/drafting",
      "package.not-installed package.json: peerDependencies.no-such-package-here",
    ],
  ],
  [
    "exports that are not there, not packed, or outside",
    manifest({
      exports: { ".": "./mod.ts", "./gone": "./gone.ts", "./data": "./tsconfig.json", "./up": "../x.json" },
    }),
    [
      'package.missing-file package.json: exports["./gone"]',
      'package.unpacked-export package.json: exports["./data"]',
      'package.outside package.json: exports["./up"]',
      "package.unloadable ./gone.ts",
    ],
  ],
  [
    "files that are not there, outside, patterns, or written by packing",
    manifest({ files: ["gone", "../up", "*.md", "./dist/"] }),
    [
      'package.missing-file package.json: files["gone"]',
      'package.outside package.json: files["../up"]',
      'package.pattern package.json: files["*.md"]',
      'package.own-dist package.json: files["./dist/"]',
    ],
  ],
  [
    "secrets among its files and in its sources",
    (name) => ({
      "package.json": manifestWith("drafter", name, { files: ["data"] }),
      "data/.env": "KEY=1\n",
      "data/notes.txt": "-----BEGIN PRIVATE KEY-----\n",
      "data/fine.txt": "//registry/:_authToken=${TOKEN}\n",
      "cycle.ts": `${filesOfTemplate("drafter", name).get("cycle.ts")!}// npm_${"a1B2".repeat(9)}\n`,
    }),
    ["package.secret data/.env", "package.secret data/notes.txt", "package.secret cycle.ts"],
  ],
  ["a secret that is not packed", () => ({ ".env": "KEY=1\n" }), []],
  ["no example", (name) => ({ [`examples/${name}.json`]: undefined }), ["package.no-example examples"]],
  [
    "an example with mistakes",
    (name) => ({
      [`examples/${name}.json`]: JSON.stringify({
        use: "@parade/speculative",
        drafter: { use: name, with: { perod: 1 } },
        slow: 1,
      }),
    }),
    [
      "pipeline.unknown-slot examples/<name>.json: $.slow",
      "pipeline.unknown-key examples/<name>.json: $.drafter.with.perod",
    ],
  ],
  [
    "an example that is no JSON",
    (name) => ({ "examples/odd.json": `{ "use": "${name}" ` }),
    ["pipeline.not-json examples/odd.json: $"],
  ],
  [
    "no test",
    () => ({ "conformance_test.ts": undefined }),
    ["package.no-conformance-test conformance_test.ts"],
  ],
  [
    "a test without a suite",
    () => ({ "conformance_test.ts": 'import { test } from "node:test"\ntest("x", () => {})\n' }),
    ["package.no-conformance-test conformance_test.ts"],
  ],
]

for (const [what, changes, expected] of cases)
  test(`check says of ${what}: ${expected.length === 0 ? "nothing" : expected.map((one) => one.split(" ")[0]).join(", ")}.`, async () => {
    const name = `changed-${count}`
    assert.deepEqual(
      await problemsWith(changes),
      expected.map((one) => one.replace("<name>", name)),
    )
  })

test("check tells all problems at once with status 2, as text and as JSON, and what is fit with 0.", async () => {
  const changes = { "README.md": undefined, "conformance_test.ts": undefined }
  const bad = await runParade(["plugin", "check", writePackage(folder, "sampler", "told", changes), "--json"])
  assert.equal(bad.status, 2)
  assert.match(bad.err, /2 problems:\n {2}README\.md: .*\n {2}conformance_test\.ts: .*Expected.*suites/)
  const { name, plugins, problems } = JSON.parse(bad.out) as {
    readonly name: string
    readonly plugins: unknown
    readonly problems: readonly { readonly code: string }[]
  }
  assert.deepEqual({ name, plugins }, { name: "told", plugins: [{ name: "told", kind: "sampler" }] })
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["package.no-readme", "package.no-conformance-test"],
  )
  const fit = await runParade(["plugin", "check", writePackage(folder, "sampler", "fit")])
  assert.deepEqual({ status: fit.status, err: fit.err }, { status: 0, err: "" })
  assert.match(fit.out, /^fit 0\.1\.0: sampler\n/)
})

test("What is no file is not read: folders and pipes in place of files, links in a circle.", async () => {
  const place = writePackage(folder, "sampler", "odd", { "README.md": undefined, "deno.json": undefined })
  mkdirSync(join(place, "README.md"))
  mkdirSync(join(place, "deno.json"))
  symlinkSync(place, join(place, "examples", "again"))
  execFileSync("mkfifo", [join(place, "pipe_test.ts"), join(place, "examples", "pipe.json")])
  const problems = await Effect.runPromise(Effect.flatMap(openPackage(place), problemsOf))
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["package.no-readme"],
  )
})

test("A folder that is no package is told as such.", async () => {
  const place = writePackage(folder, "sampler", "broken", { "package.json": "[1]" })
  for (const [where, said] of [
    [place, /it is no object/],
    [join(folder, "nowhere"), /nowhere.*ENOENT/],
  ] as const) {
    const error = await Effect.runPromise(Effect.flip(openPackage(where)))
    assert.equal(error.code, "command.no-package")
    assert.match(error.describe(), said)
  }
})
