import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test, { after } from "node:test"
import { gunzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { type Ended, runParade } from "../_run-parade.ts"
import type { CommandError } from "../command-error.ts"
import { openRegistryServer } from "./_fake-registry.ts"
import { manifestWith, outsideFolder, writePackage } from "./_packages-testing.ts"
import { openPackage } from "./open-package.ts"
import { packPackage } from "./pack-package.ts"
import { publishTarball } from "./publish-tarball.ts"

const folder = outsideFolder()
const registry = await openRegistryServer()
after(() => registry.close())

const token = "secret-of-the-author"
const home = mkdtempSync(join(tmpdir(), "parade-home-"))
after(() => rmSync(home, { recursive: true, force: true }))
const loggedIn = join(home, "logged-in")
const loggedOut = join(home, "logged-out")
writeFileSync(loggedIn, `${registry.url.replace("http:", "")}:_authToken=${token}\n`)
writeFileSync(loggedOut, "")

/** Of compiled sources, as compiling is not what is tested here. */
const place = writePackage(folder, "sampler", "published", {
  "package.json": manifestWith("sampler", "published", {
    exports: { ".": "./mod.js" },
    files: ["mod.js", "plugin.js"],
  }),
  "mod.js": 'export { plugin } from "./plugin.js"\n',
  "plugin.js": `import { definePlugin, rowDistribution, SamplerKind } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
export const plugin = definePlugin({
  kind: SamplerKind,
  name: "published",
  summary: "Greedy.",
  config: Schema.Struct({}),
  make: () => Effect.succeed({ order: "any", greedy: true, process: (logits) => rowDistribution({ logits, temperature: 0 }) }),
})
`,
  "examples/published.json": JSON.stringify({ use: "@parade/autoregressive", sampler: { use: "published" } }),
})

Object.assign(process.env, {
  npm_config_registry: registry.url,
  npm_config_userconfig: loggedIn,
  npm_config_cache: join(home, "cache"),
  // npm would try for a minute.
  npm_config_fetch_retries: "0",
  npm_config_update_notifier: "false",
})

const publish = async (args: readonly string[]): Promise<Ended> => {
  registry.answer = { status: 201 }
  registry.put.length = 0
  const ended = await runParade(["plugin", "publish", place, ...args])
  assert.ok(!`${ended.out}${ended.err}`.includes(token), "The token was printed.")
  return ended
}

const packed = Effect.runPromise(
  Effect.gen(function* () {
    const subject = yield* openPackage(place)
    const { tarball } = yield* Effect.scoped(packPackage(subject, home))
    return { subject, tarball }
  }),
)

/** How publishing the packed package fails. */
const failure = async (): Promise<CommandError> => {
  const { subject, tarball } = await packed
  const error = await Effect.runPromise(Effect.flip(publishTarball(subject, tarball)))
  assert.ok(!error.describe().includes(token), "The token was printed.")
  return error
}

test("publish lets npm put the packed tarball, with its tag and access.", async () => {
  const { status, out, err } = await publish(["--tag", "next", "--access", "public"])
  assert.deepEqual({ status, err }, { status: 0, err: "" })
  assert.match(out, /plugin\.js\n[^]*kB packed\nPublished published@0\.1\.0, tag next\.\n$/)
  assert.deepEqual(registry.tokens, [`Bearer ${token}`])
  const [put] = registry.put
  assert.equal(put!.name, "published")
  assert.equal(put!.access, "public")
  assert.deepEqual(put!["dist-tags"], { next: "0.1.0" })
  const [attachment] = Object.values(put!._attachments)
  assert.ok(gunzipSync(Buffer.from(attachment!.data, "base64")).includes("package/plugin.js"))
})

test("publish --dry-run does all but upload.", async () => {
  const { status, out } = await publish(["--dry-run", "--json"])
  assert.equal(status, 0)
  const { name, published, files } = JSON.parse(out) as { name: string; published: boolean; files: object[] }
  assert.deepEqual(
    { name, published, files: files.length },
    { name: "published", published: false, files: 4 },
  )
  assert.deepEqual(registry.put, [])
})

const refusals = [
  ["401", { status: 401, error: "invalid token" }, "environment", /npm login.*\[publish\.not-logged-in\]/],
  [
    "403 of a version that is there",
    { status: 403, error: "You cannot publish over the previously published versions: 0.1.0." },
    "caller",
    /published@0\.1\.0 was published before.*Raise the version.*\[publish\.version-exists\]/,
  ],
  [
    "403 of a name that is another's",
    { status: 403, error: "No rights to it." },
    "environment",
    /\[publish\.forbidden\]/,
  ],
  [
    "402 of a restricted package",
    { status: 402, error: "Payment required" },
    "caller",
    /--access public.*\[publish\.restricted\]/,
  ],
  ["500", { status: 500, error: "Broken" }, "environment", /npm publish failed.*500.*\[publish\.failed\]/],
  [
    "a connection that ends in the middle",
    "goesAway",
    "environment",
    /npm view published@0\.1\.0.*\[publish\.unreachable\]/,
  ],
] as const

for (const [what, answer, fault, said] of refusals)
  test(`publish says what ${what} means.`, async () => {
    registry.answer = answer
    const error = await failure()
    assert.match(error.describe(), said)
    assert.equal(error.fault, fault)
  })

test("A version that is there is told before it is sent, and one that is older needs a tag.", async () => {
  registry.answer = { status: 201 }
  registry.put.length = 0
  for (const [versions, code, said] of [
    [["0.1.0"], "publish.version-exists", /Raise the version/],
    [["0.2.0"], "publish.failed", /0\.2\.0 is higher.*--tag/],
  ] as const) {
    registry.versions = versions
    const error = await failure()
    assert.equal(error.code, code)
    assert.match(error.describe(), said)
  }
  registry.versions = []
  assert.deepEqual(registry.put, [])
})

const withEnvironment = async (changes: NodeJS.ProcessEnv, use: () => Promise<void>): Promise<void> => {
  const before = { ...process.env }
  Object.assign(process.env, changes)
  try {
    await use()
  } finally {
    Object.assign(process.env, before)
  }
}

test("An npm that is not logged in, and one that is not there, are told apart.", async () => {
  registry.answer = { status: 201 }
  registry.put.length = 0
  await withEnvironment({ npm_config_userconfig: loggedOut }, async () =>
    assert.match((await failure()).describe(), /npm login.*\[publish\.not-logged-in\]/),
  )
  await packed
  await withEnvironment({ PATH: home }, async () =>
    assert.match((await failure()).describe(), /npm is not installed.*\[command\.no-program\]/),
  )
  assert.deepEqual(registry.put, [])
})
