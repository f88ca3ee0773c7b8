import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test, { after } from "node:test"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { runProgram } from "./run-program.ts"

const folder = mkdtempSync(join(tmpdir(), "parade-program-"))
after(() => rmSync(folder, { recursive: true }))

const node = (source: string) => runProgram(process.execPath, ["-e", source], folder)

test("A program's output and status are given, in the folder that it is run in.", async () => {
  const ran = await Effect.runPromise(
    node('console.log(process.cwd()); console.error("é".repeat(1e5)); process.exitCode = 3'),
  )
  assert.equal(ran.status, 3)
  assert.ok(ran.out.trim().endsWith(folder))
  assert.equal(ran.err.trim(), "é".repeat(1e5))
})

test("A program that is not there is told as such.", async () => {
  const error = await Effect.runPromise(Effect.flip(runProgram("no-such-program-here", [], folder)))
  assert.equal(error.code, "command.no-program")
  assert.equal(error.fault, "environment")
})

test("An interruption ends the program, and waits until it has ended.", async () => {
  const fiber = Effect.runFork(
    node(`const { writeFileSync } = require("node:fs")
      process.on("SIGTERM", () => setTimeout(() => { writeFileSync("ended", ""); process.exit() }, 50))
      setInterval(() => {}, 1000)
      writeFileSync("begun", "")`),
  )
  const begun = (): boolean => {
    try {
      return readFileSync(join(folder, "begun"), "utf8") === ""
    } catch {
      return false
    }
  }
  while (!begun()) await new Promise((resolve) => setTimeout(resolve, 10))
  await Effect.runPromise(Fiber.interrupt(fiber))
  assert.equal(readFileSync(join(folder, "ended"), "utf8"), "")
})
