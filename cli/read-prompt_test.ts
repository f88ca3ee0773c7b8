import assert from "node:assert/strict"
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import { type PromptChoice, readPrompt } from "./read-prompt.ts"

const none: PromptChoice = { prompt: undefined, promptFile: undefined, tokens: undefined }
const read = (choice: Partial<PromptChoice>): Promise<string | readonly number[]> =>
  Effect.runPromise(readPrompt({ ...none, ...choice }))
const codeOf = (choice: Partial<PromptChoice>): Promise<string> =>
  Effect.runPromise(Effect.flip(readPrompt({ ...none, ...choice }))).then(({ code }) => code)

test("A prompt is taken as it is, a file without its byte order mark and last line end, tokens as numbers.", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parade-prompt-"))
  const promptFile = join(folder, "prompt.txt")
  writeFileSync(promptFile, "\uFEFFtwo\nlines\r\n")
  assert.equal(await read({ prompt: " a\n" }), " a\n")
  assert.equal(await read({ promptFile }), "two\nlines")
  assert.deepEqual(await read({ tokens: "1,2 3, 40" }), [1, 2, 3, 40])
  rmSync(folder, { recursive: true })
})

test("Empty prompts, two prompts and tokens that are none are the caller's mistakes.", async () => {
  assert.equal(await codeOf({ prompt: "" }), "command.no-prompt")
  assert.equal(await codeOf({ prompt: "a", tokens: "1" }), "command.two-prompts")
  for (const tokens of ["", "a", "1,,x", "-1", "1.5"])
    assert.equal(await codeOf({ tokens }), "command.bad-tokens", tokens)
  assert.equal(await codeOf({ promptFile: "no-such-file" }), "command.missing-file")
})

test("A prompt that is no text, or longer than any, is refused before it fills the memory.", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parade-prompt-"))
  const promptFile = join(folder, "prompt.txt")
  writeFileSync(promptFile, Buffer.from([0x61, 0xff, 0xfe]))
  assert.equal(await codeOf({ promptFile }), "command.not-text")
  truncateSync(promptFile, 65 << 20)
  assert.equal(await codeOf({ promptFile }), "command.text-too-long")
  rmSync(folder, { recursive: true })
})
