import assert from "node:assert/strict"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import type { Event, RoundEvent } from "@parade/core"
import * as fc from "fast-check"
import { runParade } from "../_run-parade.ts"
import { tracePage } from "./page.ts"
import { piecesOf } from "./pieces.ts"
import { staircase } from "./staircase.ts"
import { type Trace, traceCollector } from "./trace.ts"

const folder = mkdtempSync(join(tmpdir(), "parade-trace-"))
after(() => rmSync(folder, { recursive: true }))

const round = (index: number, figures: Partial<RoundEvent> = {}): RoundEvent => ({
  type: "round",
  index,
  forwards: 1,
  rows: 4,
  proposed: 0,
  accepted: 0,
  rejected: 0,
  unreached: 0,
  appended: 1,
  milliseconds: 2,
  ...figures,
})

const stats = {
  promptTokens: 3,
  tokens: 3,
  forwards: 2,
  rows: 8,
  rounds: 2,
  proposed: 2,
  accepted: 1,
  tokensPerForward: 1.5,
  meanAcceptanceLength: 1.5,
  prefillMs: 1,
  decodeMs: 4,
  tokensPerSecond: 750,
  byProposer: { "@parade/some": { proposed: 2, accepted: 1, rejected: 1, unreached: 0 } },
}

const started: Event = {
  type: "started",
  version: 1,
  target: { kind: "continuation", maxTokens: 9 },
  promptTokens: 3,
}

const committed = (position: number, tokens: number[], proposers: (string | null)[]): Event => ({
  type: "committed",
  position,
  tokens,
  proposers,
  text: "",
  ends: tokens.map(() => 0),
})

const finished: Event = { type: "finished", text: "", tokens: [], reason: "endToken", stats }

const traceOf = (events: readonly Event[]): Trace => {
  const { take, trace } = traceCollector()
  for (const event of [started, ...events, finished]) take(event)
  return trace()!
}

test("tokens belong to the round that ends behind them, and come in the order of their places", () => {
  const { tokens, rounds } = traceOf([
    committed(0, [7], ["given"]),
    committed(3, [9], [null]),
    round(0),
    committed(1, [5, 6], ["@parade/some", null]),
    round(1),
  ])
  assert.deepEqual(
    tokens.map(({ id, place, round: at, proposer }) => [id, place, at, proposer]),
    [
      [7, 0, 0, "given"],
      [5, 1, 1, "@parade/some"],
      [6, 2, 1, null],
      [9, 3, 0, null],
    ],
  )
  assert.equal(rounds.length, 2)
})

test("what a cut takes back is not there, and what stands is not for the time being", () => {
  const { tokens, cut, rounds } = traceOf([
    { type: "provisional", position: 0, tokens: [1, 2, 3], text: "" },
    committed(1, [2], [null]),
    round(0),
    committed(2, [3, 4], [null, null]),
    { type: "cut", position: 2 },
    round(1),
  ])
  assert.deepEqual(
    tokens.map(({ place }) => place),
    [1],
  )
  assert.deepEqual(
    cut.map(({ place, round: at }) => [place, at]),
    [
      [2, 1],
      [3, 1],
    ],
  )
  assert.deepEqual(
    rounds.map(({ provisional }) => provisional.map(({ place }) => place)),
    [[0, 2], []],
  )
})

test("there is no trace before the text is finished, and events of packages are passed over", () => {
  const { take, trace } = traceCollector()
  take(started)
  take({ type: "package/anything", field: 1 })
  assert.equal(trace(), undefined)
  take(finished)
  assert.equal(trace()!.tokens.length, 0)
})

test("pieces read as the text, also where a character takes several tokens", () => {
  const bytes = (text: string): number[] => [...new TextEncoder().encode(text)]
  const decode = (tokens: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(tokens))
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 12 }), (text) => {
      const pieces = piecesOf(bytes(text), decode)
      assert.equal(pieces.length, bytes(text).length)
      assert.equal(pieces.join(""), text)
    }),
  )
})

const page = (trace: Trace, pieces: readonly string[]): string =>
  tracePage({ name: "<b>", plan: "a & b", model: 'the "model"' }, trace, pieces)

test("a page says who proposed each token and when, and nothing in it is markup of others", () => {
  const trace = traceOf([
    committed(0, [1], [null]),
    round(0),
    committed(1, [2, 3], ["@parade/some", null]),
    round(1, { proposed: 2, accepted: 1, rejected: 1 }),
  ])
  const html = page(trace, ["<script>", "&amp;", '"'])
  assert.ok(!html.includes("<script>"))
  assert.match(html, /&lt;script&gt;/)
  assert.match(html, /<title>&lt;b&gt;: 3 tokens in 2 rounds<\/title>/)
  assert.equal(html.match(/class="p0/g)?.length, 1)
  assert.equal(html.match(/<rect class="cell p0"/g)?.length, 1)
  assert.equal(html.match(/<rect class="cell own"/g)?.length, 2)
  assert.match(
    html,
    /round 1, by @parade\/some\n1 forward of 4 rows, 2.00 ms\n2 proposed, 1 accepted, 1 appended/,
  )
  assert.match(
    html,
    /<th>@parade\/some<\/th><td class="n">2<\/td><td class="n">1<\/td><td class="n">1<\/td><td class="n">0<\/td>/,
  )
  assert.match(page(trace, ["a", "\u202Eb", "c"]), />‹U\+202E›b</)
  // Nothing is fetched.
  assert.ok(!/(src|href)=/.test(html))
})

test("a text of many tokens stays a picture of a bounded width for each, and one of none is a page too", () => {
  const many = traceOf(Array.from({ length: 3000 }, (_, i) => [committed(i, [i], [null]), round(i)]).flat())
  const svg = staircase(many, many.tokens.map(String), () => "own")
  assert.equal(svg.match(/<rect/g)?.length, 3000)
  assert.ok(!svg.includes('class="piece"'))
  assert.ok(Number(/width="(\d+)"/.exec(svg)![1]) < 3 * 3000 + 100)
  assert.match(page(traceOf([]), []), / in 0 rounds<\/title>/)
})

test("a cell has the first whole characters of its token, and a sign where that is space or nothing", () => {
  const pieces = [" some", "abc😀", "49152", "\n\n", "  ", ""]
  const trace = traceOf([committed(0, [1, 2, 3, 4, 5, 6], Array(6).fill(null)), round(0)])
  const letters = [...staircase(trace, pieces, () => "own").matchAll(/class="piece"[^>]*>([^<]*)</g)]
  assert.deepEqual(
    letters.map(([, letter]) => letter),
    ["some", "abc😀", "491…", "↵", "␣", "∅"],
  )
})

const scripted = fileURLToPath(new URL("../_scripted-model.ts", import.meta.url))

test("trace prints the text, writes the page, and draws drafts in their colour", async () => {
  const out = join(folder, "page.html")
  const example = fileURLToPath(new URL("../../examples/speculative-prompt-lookup.json", import.meta.url))
  const text = "the cat sat on the mat and the cat sat on the mat"
  const args = ["trace", example, "--prompt", "say: ", "--out", out]
  for (const setting of [`model.use=${scripted}`, "model.with.prompt=say: ", `model.with.text=${text}`])
    args.push("--set", setting)
  const ended = await runParade(args)
  assert.equal(ended.out, `${text}\n`)
  assert.match(ended.err, /Wrote .*page\.html\./)
  assert.equal(ended.status, 0)
  const html = readFileSync(out, "utf8")
  assert.match(html, /<h1>@parade\/speculative<\/h1>/)
  assert.match(html, /class="p0/)
  assert.match(html, /endToken/)
})

test("a page without a place is told before anything is loaded, and leaves nothing", async () => {
  const out = join(folder, "none", "page.html")
  const { status, err } = await runParade(["trace", "--prompt", "x", "--out", out])
  assert.equal(status, 2)
  assert.match(err, /\[trace\.cannot-write\]/)
  assert.ok(!existsSync(join(folder, "none")))
})
