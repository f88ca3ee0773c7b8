import { Progress, type ProgressReport, type WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import assert from "node:assert/strict"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, sep } from "node:path"
import { test } from "node:test"
import { type FakeHub, startFakeHub } from "./_fake-hub.ts"
import { ggufBytes } from "./_gguf-test-files.ts"
import { parseHubSource } from "./_hub-source.ts"
import { needs, shared } from "./_shared-test-files.ts"
import { openCheckpoint } from "./checkpoint.ts"
import { type HubOptions, resolveSource } from "./hub.ts"

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const large = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 13)

/** The content is not looked at by a download. */
const files = { "config.json": bytes("{}"), "model.safetensors": large, "README.md": bytes("# no") }

const withHub = async (
  body: (hub: FakeHub, options: HubOptions, cache: string) => Promise<void>,
  given: Readonly<Record<string, Uint8Array>> = files,
): Promise<void> => {
  const hub = await startFakeHub(given)
  const cache = mkdtempSync(join(tmpdir(), "parade-hub-"))
  try {
    await body(hub, { endpoint: hub.endpoint, cache, delay: 1 }, cache)
  } finally {
    await hub.close()
    rmSync(cache, { recursive: true })
  }
}

const get = (options: HubOptions, source = "hf:team/model"): Promise<string> =>
  Effect.runPromise(resolveSource(source, options))

const failureOf = (options: HubOptions, source = "hf:team/model"): Promise<WeightsError> =>
  Effect.runPromise(Effect.flip(resolveSource(source, options)))

const everyFile = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)

test("a path is a path", async () => {
  assert.equal(await get({}, "some/folder"), "some/folder")
})

test("only the files that are needed come, and they come once", () =>
  withHub(async (hub, options) => {
    const reports: ProgressReport[] = []
    const folder = await Effect.runPromise(
      resolveSource("hf:team/model", options).pipe(
        Effect.provideService(Progress, (report) => void reports.push(report)),
      ),
    )
    assert.deepEqual(readdirSync(folder).sort(), ["config.json", "model.safetensors"])
    assert.deepEqual(new Uint8Array(readFileSync(join(folder, "model.safetensors"))), large)
    const tasks = [...new Set(reports.map(({ task }) => task))]
    assert.equal(tasks[0], "Asking the hub for team/model")
    assert.deepEqual(tasks.slice(-2), ["Downloading model.safetensors", "Checking model.safetensors"])
    const downloads = reports.filter(({ task }) => task === "Downloading model.safetensors")
    const done = downloads.map((report) => report.done)
    assert.deepEqual(
      done,
      done.toSorted((a, b) => a - b),
    )
    assert.equal(done.at(-1), large.length)
    assert.equal(downloads.at(-1)!.total, large.length)
    const before = hub.requests.length
    assert.equal(await get(options), folder)
    assert.equal(hub.requests.length, before + 1, "the second time only the revision is looked up")
    await get(options, `hf:team/model@${hub.commit}`)
    const asked = hub.requests.length
    await get(options, `hf:team/model@${hub.commit}`)
    assert.equal(hub.requests.length, asked, "a commit that is here is not looked up")
  }))

test("a connection cut in the middle goes on where it broke off", () =>
  withHub(async (hub, options) => {
    hub.cut = { after: 100_000, times: 2 }
    const folder = await get(options)
    assert.deepEqual(new Uint8Array(readFileSync(join(folder, "model.safetensors"))), large)
    const ranges = hub.requests.filter((request) => request.includes("model.safetensors"))
    assert.equal(ranges.length, 3)
    assert.match(ranges[1]!, / bytes=[1-9]\d*-$/)
  }))

test("a download that gave up goes on in the next session", () =>
  withHub(async (hub, options, cache) => {
    hub.cut = { after: 100_000, times: 1 }
    const error = await failureOf({ ...options, attempts: 1 })
    assert.equal(error.code, "weights.hub-unreachable")
    assert.equal(error.fault, "environment")
    assert.ok(!everyFile(cache).includes("model.safetensors"))
    await get(options)
    assert.match(hub.requests.at(-1)!, /model\.safetensors bytes=[1-9]/)
  }))

test("a server that ignores ranges is read from the start", () =>
  withHub(async (hub, options) => {
    hub.cut = { after: 100_000, times: 1 }
    hub.ignoreRange = true
    const folder = await get(options)
    assert.deepEqual(new Uint8Array(readFileSync(join(folder, "model.safetensors"))), large)
  }))

test("wrong content is refused and deleted, whatever its size", () =>
  withHub(async (hub, options, cache) => {
    for (const wrong of [large.map((byte) => byte ^ 1), Uint8Array.from([...large, 1])]) {
      hub.served.set("model.safetensors", wrong)
      const error = await failureOf(options)
      assert.equal(error.code, "weights.checksum-mismatch")
      assert.deepEqual(everyFile(cache), ["config.json"])
    }
    hub.served.set("model.safetensors", large)
    await get(options)
  }))

test("small files are checked too, by the checksum of git", () =>
  withHub(async (hub, options) => {
    hub.served.set("config.json", bytes("[]"))
    assert.equal((await failureOf(options)).code, "weights.checksum-mismatch")
  }))

test("what the hub refuses is told apart, with advice", () =>
  withHub(async (hub, options) => {
    for (const [status, code, fault] of [
      [401, "weights.hub-unauthorised", "caller"],
      [403, "weights.hub-unauthorised", "caller"],
      [404, "weights.hub-not-found", "caller"],
      [503, "weights.hub-failed", "environment"],
    ] as const) {
      hub.status = status
      const error = await failureOf(options)
      assert.equal(error.code, code)
      assert.equal(error.fault, fault)
      assert.ok(error.advice)
    }
    hub.status = 401
    assert.match((await failureOf(options)).advice!, /HF_TOKEN/)
  }))

test("a hub that says nothing is asked again, and in the end given up", () =>
  withHub(async (hub, options) => {
    const impatient = { ...options, patience: 100 }
    hub.silent = 2
    assert.ok(existsSync(await get(impatient)))
    hub.silent = 100
    const error = await failureOf(impatient, "hf:team/model@other")
    assert.deepEqual([error.code, error.fault], ["weights.hub-unreachable", "environment"])
    assert.match(error.message, /no data for too long/)
  }))

test("an address that is none is the caller's mistake", async () => {
  for (const endpoint of ["nonsense", "ftp://hub", "http://"]) {
    const error = await failureOf({ endpoint })
    assert.deepEqual([error.code, error.path, error.fault], ["weights.bad-endpoint", endpoint, "caller"])
  }
})

test("without a network, what has come before is used", () =>
  withHub(async (hub, options) => {
    const folder = await get(options)
    await hub.close()
    assert.equal(await get(options), folder)
    const error = await failureOf(options, "hf:team/model@other")
    assert.equal(error.code, "weights.hub-unreachable")
    assert.match(error.message, /ECONNREFUSED/)
  }))

test("among several GGUF files one has to be named", () =>
  withHub(
    async (_, options) => {
      const error = await failureOf(options)
      assert.equal(error.code, "weights.several-files")
      assert.match(error.advice!, /hf:team\/model\/a\.gguf/)
      const folder = await get(options, "hf:team/model/sub/b.gguf")
      assert.deepEqual(readdirSync(folder).sort(), ["b.gguf", "config.json"])
      assert.equal((await failureOf(options, "hf:team/model/c.gguf")).code, "weights.hub-not-found")
    },
    { "config.json": bytes("{}"), "a.gguf": bytes("a"), "sub/b.gguf": bytes("b") },
  ))

test("a sharded model on the hub opens as a checkpoint", needs("fixtures/tiny-hf"), () => {
  const folder = join(shared, "fixtures/tiny-hf/llama-sharded")
  const names = readdirSync(folder).filter((name) => !name.startsWith("reference"))
  return withHub(
    (_, options) =>
      Effect.runPromise(
        Effect.scoped(
          Effect.map(openCheckpoint("hf:team/model", options), (checkpoint) => {
            assert.equal(checkpoint.config["model_type"], "llama")
            assert.equal(checkpoint.tensor("lm_head.weight", [256, 64]).values().length, 256 * 64)
          }),
        ),
      ),
    Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))])),
  )
})

test("nothing a hub says leads outside the cache folder", () =>
  withHub(
    async (hub, options, cache) => {
      hub.extra.push("../escaped.gguf", "/escaped.gguf", "..\\escaped.gguf", "a/../../escaped.gguf")
      const folder = await get(options)
      assert.ok(folder.startsWith(cache + sep))
      assert.ok(!existsSync(join(dirname(cache), "escaped.gguf")))
      hub.served.clear()
    },
    { "only.gguf": ggufBytes({}, []) },
  ))

test("an index on the hub cannot name a file elsewhere", () =>
  withHub(
    async (_, options) => {
      const error = await failureOf(options)
      assert.equal(error.code, "weights.bad-index")
    },
    {
      "config.json": bytes("{}"),
      "model.safetensors.index.json": bytes(JSON.stringify({ weight_map: { a: "../../x.safetensors" } })),
    },
  ))

test("sources are read strictly", () => {
  assert.deepEqual(parseHubSource("hf:a/b"), { repository: "a/b", revision: "main", file: undefined })
  assert.deepEqual(parseHubSource("hf:a/b@refs/pr/1"), {
    repository: "a/b",
    revision: "refs/pr/1",
    file: undefined,
  })
  assert.deepEqual(parseHubSource("hf:a/b/c.gguf@v1"), { repository: "a/b", revision: "v1", file: "c.gguf" })
  for (const wrong of [
    "hf:",
    "hf:a",
    "hf:a/",
    "hf:../b",
    "hf:a/..",
    "hf:a/b@",
    "hf:a/b@..",
    "hf:a/b@x/../y",
    "hf:a/b@x@y",
    "hf:a/b/c.txt",
    "hf:a/b/../c.gguf",
    "hf:/a/b",
    "hf:a/b@/etc",
    "hf:a\\b/c",
    "hf:a/b?x=y",
    "hf:a/b#c",
  ])
    assert.throws(() => parseHubSource(wrong), { code: "weights.bad-source" }, wrong)
})

test("a source that names no model says which part is wrong, and itself once", async () => {
  for (const [source, why] of [
    ["hf:nope", /owner and name are needed/],
    ["hf:a/b@", /what follows the @/],
    ["hf:a/b/c.txt", /no \.gguf or \.safetensors file/],
    ["https://huggingface.co/a/b", /web address.* Write hf:owner\/name/],
  ] as const) {
    const said = (await failureOf({}, source)).describe()
    assert.match(said, why)
    assert.equal(said.split(source).length, 2, said)
  }
})

test("a cache folder that cannot be written is told", () =>
  withHub(async (_, options, cache) => {
    const blocked = join(cache, "file")
    writeFileSync(blocked, "")
    const error = await failureOf({ ...options, cache: blocked })
    assert.equal(error.code, "weights.cache-not-writable")
  }))

test("an interrupted download leaves its part, and nothing that looks whole", () =>
  withHub(async (hub, options, cache) => {
    hub.cut = { after: 100_000, times: 1 }
    let fiber: Fiber.Fiber<string, WeightsError> | undefined
    await new Promise<void>((resolve) => {
      fiber = Effect.runFork(
        resolveSource("hf:team/model", { ...options, delay: 60_000 }).pipe(
          Effect.provideService(Progress, ({ task }) => {
            if (task.includes("model.safetensors")) setTimeout(resolve, 60)
          }),
        ),
      )
    })
    await Effect.runPromise(Fiber.interrupt(fiber!))
    const parts = everyFile(cache).filter((name) => name.startsWith("model.safetensors"))
    assert.equal(parts.length, 1)
    assert.match(parts[0]!, /\.part$/)
    const part = readdirSync(cache, { recursive: true }).find((name) => String(name).endsWith(".part"))
    assert.ok(statSync(join(cache, String(part))).size >= 100_000)
    await get(options)
    assert.match(hub.requests.at(-1)!, /model\.safetensors bytes=[1-9]/)
  }))
