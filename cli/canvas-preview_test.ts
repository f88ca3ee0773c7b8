import assert from "node:assert/strict"
import { test } from "node:test"
import type { CommittedEvent, ProvisionalEvent } from "@parade/core"
import { canvasPreview } from "./canvas-preview.ts"
import { makePaint } from "./colour.ts"

const committed = (text: string): CommittedEvent => ({
  type: "committed",
  tokens: [],
  position: 0,
  text,
  proposers: [],
  ends: [],
})

const provisional = (text: string): ProvisionalEvent => ({
  type: "provisional",
  tokens: [],
  position: 0,
  text,
})

/** What a terminal that knows these few controls shows at the end, and where its cursor stands. */
const screen = (written: string): { readonly lines: readonly string[]; readonly cursor: string } => {
  const lines: string[][] = [[]]
  let row = 0
  let column = 0
  let saved: readonly [number, number] = [0, 0]
  for (let at = 0; at < written.length; at++) {
    const rest = written.slice(at)
    if (rest.startsWith("\x1b[K")) {
      lines[row]!.length = Math.min(lines[row]!.length, column)
      at += 2
    } else if (rest.startsWith("\x1b7")) {
      saved = [row, column]
      at += 1
    } else if (rest.startsWith("\x1b8")) {
      ;[row, column] = saved
      at += 1
    } else if (rest[0] === "\n") {
      row++
      column = 0
      lines[row] ??= []
    } else lines[row]![column++] = rest[0]!
  }
  return { lines: lines.map((line) => line.join("")), cursor: `${row}:${column}` }
}

const plain = makePaint(false)

test("What stands for now is shown behind the committed text, and replaced by what is committed.", () => {
  const preview = canvasPreview(() => 40, plain)
  let written = `${preview.committed(committed("one "))}one `
  written += preview.provisional(provisional("too three"))
  assert.deepEqual(screen(written), { lines: ["one too three"], cursor: "0:4" })
  written += preview.provisional(provisional("two"))
  assert.deepEqual(screen(written).lines, ["one two"])
  written += `${preview.committed(committed("2"))}2`
  assert.deepEqual(screen(written), { lines: ["one 2"], cursor: "0:5" })
})

test("A preview stays in its line, so that the cursor can go back.", () => {
  const preview = canvasPreview(() => 10, plain)
  const written = `${preview.committed(committed("a\nbcd"))}a\nbcd${preview.provisional(provisional("efghijklmnop"))}`
  assert.deepEqual(screen(written), { lines: ["a", "bcdefghij"], cursor: "1:3" })
  assert.equal(screen(written + preview.provisional(provisional("x\ny"))).lines[1], "bcdx")
})

test("Characters of two columns leave room for half as many, and a line that is full for none.", () => {
  const preview = canvasPreview(() => 10, plain)
  preview.committed(committed("日本"))
  assert.equal(screen(preview.provisional(provisional("語語語"))).lines[0], "語語")
  preview.committed(committed("語語語"))
  assert.equal(preview.provisional(provisional("語")), "")
})

test("Where nothing is shown nothing is cleared.", () => {
  const preview = canvasPreview(() => 10, plain)
  assert.equal(preview.committed(committed("abc")), "")
  assert.equal(preview.provisional(provisional("")), "")
})

test("Nothing of a preview is left behind the text.", () => {
  const preview = canvasPreview(() => 10, plain)
  const written = preview.provisional(provisional("abc"))
  assert.deepEqual(screen(written + preview.end()).lines, [""])
})
