import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import { collectText, compose } from "@parade/core"
import * as Effect from "effect/Effect"
import { runParade } from "../_run-parade.ts"
import { openRegistry } from "../load-plugins.ts"
import { manifestWith, outsideFolder, writePackage } from "./_packages-testing.ts"
import { bundlerOf } from "./compilers.ts"
import { openPackage } from "./open-package.ts"
import { packPackage, type PackedPackage } from "./pack-package.ts"
import { packedManifest } from "./stage.ts"
import { filesOfTemplate } from "./template.ts"

const folder = outsideFolder()

const pack = (place: string, out: string) =>
  Effect.scoped(Effect.flatMap(openPackage(place), (subject) => packPackage(subject, out)))

const install = (tarball: string): string => {
  const app = join(folder, `app-${readdirSync(folder).length}`)
  mkdirSync(app)
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true }))
  // Its peers are found further up.
  const options = [
    "--offline",
    "--legacy-peer-deps",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--silent",
  ]
  execFileSync("npm", ["install", ...options, tarball], { cwd: app })
  return app
}

test("pack makes a tarball that installs in an empty folder and is used from JSON there.", async () => {
  const place = writePackage(folder, "drafter", "packed")
  const out = join(folder, "out")
  const { status, out: said, err } = await runParade(["plugin", "pack", place, "--out", out, "--json"])
  assert.deepEqual({ status, err }, { status: 0, err: "" })
  const { tarball, files } = JSON.parse(said) as PackedPackage
  assert.deepEqual(readdirSync(out), ["packed-0.1.0.tgz"])
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    "README.md",
    "dist/cycle.d.ts",
    "dist/mod.d.ts",
    "dist/mod.js",
    "dist/plugin.d.ts",
    "package.json",
  ])
  rmSync(place, { recursive: true })
  const app = install(tarball)
  const example = {
    ...(JSON.parse(filesOfTemplate("drafter", "packed").get("examples/packed.json")!) as object),
    // Whether drafts pay depends on what else the machine does.
    with: { adaptive: false },
  }
  const program = Effect.gen(function* () {
    const decoder = yield* compose(example, { registry: openRegistry(app), base: app })
    const target = { kind: "continuation", maxTokens: 12 } as const
    const prompt = [{ tokens: [5, 6, 7, 5, 6, 7] }]
    return yield* collectText(decoder.decode({ prompt, target, stop: { ignoreEnd: true }, seed: 1 }))
  })
  const { stats } = await Effect.runPromise(Effect.scoped(program))
  assert.ok(stats.proposed > 0)
})

test("A package of compiled sources is packed as it is, with the files that it lists.", async () => {
  const manifest = { exports: { ".": "./mod.js", "./data": "./data/one.json" }, files: ["mod.js", "data"] }
  const place = writePackage(folder, "sampler", "plain-js", {
    "package.json": manifestWith("sampler", "plain-js", manifest),
    "mod.js": "export const nothing = 1\n",
    "data/one.json": "[1]\n",
    "data/two.json": "[2]\n",
    "tsconfig.json": undefined,
  })
  const { files, tarball } = await Effect.runPromise(pack(place, place))
  assert.equal(tarball, join(place, "plain-js-0.1.0.tgz"))
  assert.deepEqual(files.map(({ path }) => path).sort(), [
    "README.md",
    "data/one.json",
    "data/two.json",
    "mod.js",
    "package.json",
  ])
})

test("Sources of wrong types are told as the compiler tells them, and no tarball is left.", async () => {
  const wrong = {
    "plugin.ts": `${filesOfTemplate("sampler", "wrong").get("plugin.ts")!}export const x: string = 1\n`,
  }
  const out = join(folder, "wrong-out")
  const error = await Effect.runPromise(
    Effect.flip(pack(writePackage(folder, "sampler", "wrong", wrong), out)),
  )
  assert.equal(error.code, "command.wrong-types")
  assert.match(error.message, /plugin\.ts.*TS2322/)
  assert.ok(!existsSync(out))
})

test("What npm would leave out of the tarball although it is exported is told.", async () => {
  const place = writePackage(folder, "sampler", "ignoring", {
    "package.json": manifestWith("sampler", "ignoring", { exports: { ".": "./lib/mod.js" }, files: ["lib"] }),
    "lib/mod.js": "export const nothing = 1\n",
    "lib/.npmignore": "mod.js\n",
  })
  const error = await Effect.runPromise(Effect.flip(pack(place, join(folder, "none"))))
  assert.equal(error.code, "command.cannot-pack")
  assert.match(error.message, /\.\/lib\/mod\.js/)
})

test("A package without compilers is told which to install.", async () => {
  const { code, advice } = await Effect.runPromise(Effect.flip(bundlerOf("/")))
  assert.equal(code, "command.no-compiler")
  assert.match(advice!, /npm install --save-dev esbuild/)
})

test("The published manifest leads to what was compiled, under every condition, and says nothing of how.", () => {
  const manifest = {
    name: "x",
    exports: { ".": "./mod.ts", "./a": { import: "./b/a.mts", default: "./a.cjs" }, "./c": "./c.json" },
    scripts: { test: "x" },
    devDependencies: { typescript: "7" },
  }
  assert.deepEqual(packedManifest(manifest), {
    name: "x",
    files: ["dist"],
    exports: {
      ".": { types: "./dist/mod.d.ts", default: "./dist/mod.js" },
      "./a": { import: { types: "./dist/b/a.d.mts", default: "./dist/b/a.js" }, default: "./a.cjs" },
      "./c": "./c.json",
    },
  })
  assert.deepEqual(packedManifest({ exports: "./mod.ts" }).exports, {
    types: "./dist/mod.d.ts",
    default: "./dist/mod.js",
  })
  assert.deepEqual(packedManifest({ exports: "./mod.js", files: ["mod.js"] }).files, ["mod.js"])
})

test("The check comes first: a package with problems is not packed.", async () => {
  const place = writePackage(folder, "sampler", "unfit", { "README.md": undefined })
  const { status, err } = await runParade(["plugin", "pack", place, "--out", join(folder, "unfit-out")])
  assert.equal(status, 2)
  assert.match(err, /\[package\.no-readme\]/)
  assert.ok(!existsSync(join(folder, "unfit-out")))
})
