import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Model,
  type OutputRows,
  type Outputs,
  type ParadeError,
  type Rows,
  tokenRows,
} from "@parade/core"
import { collectTests, modelSuite } from "@parade/test"
import { sharedOrSkip } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { allHidden, failureOf, forwardAll, newCache, open, run, temporaryCache } from "./_testing.ts"

temporaryCache()

/** All outputs at all rows, of forwards from cut to cut. */
const pieceByPiece = (model: Model, rows: Rows): Effect.Effect<Outputs, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { cuts = [], layers, outputs } = model.info
    const cache = yield* newCache(model)
    const all: Record<string, OutputRows> = {}
    const wanted = Array.from(rows.tokens, (_, row) => row)
    let entering: Rows = rows
    for (const [i, from] of [0, ...cuts].entries()) {
      const to = cuts[i] ?? layers
      const here = outputs.filter((name) => {
        const layer = Number(/^hidden\.(\d+)$/.exec(name)?.[1] ?? layers)
        return layer >= from && layer <= to && (layer < layers || to === layers)
      })
      const found = yield* model.forward(entering, {
        cache,
        layers: [from, to],
        outputs: here.map((name) => ({ name, rows: wanted })),
        phase: "step",
      })
      for (const name of here) all[name] = { ...found[name]!, data: found[name]!.data.slice() }
      entering = {
        tokens: new Int32Array(wanted.length).fill(-1),
        positions: rows.positions,
        vectors: all[`hidden.${to}`]?.data ?? new Float32Array(),
      }
    }
    return all
  })

// Rotary positions, windows by layer, positions added below.
for (const [name, layers] of [
  ["llama", 3],
  ["gemma3", 3],
  ["gpt2", 2],
] as const)
  for (const device of ["reference", "cpu"] as const)
    test(`${device}: ${name} cut between all layers gives what it gives in one piece`, async (t) => {
      const folder = sharedOrSkip(t, "fixtures", "tiny-hf", name)
      if (folder === undefined) return
      const check = Effect.gen(function* () {
        const outputs = allHidden(layers)
        const cuts = Array.from({ length: layers - 1 }, (_, i) => i + 1)
        const whole = yield* open(folder, { device, outputs })
        const pieces = yield* open(folder, { device, outputs, cuts })
        assert.deepEqual(pieces.info.cuts, cuts)
        const rows = tokenRows([5, 17, 250, 3, 3, 42], 0)
        const expected = yield* forwardAll(whole, yield* newCache(whole), rows)
        const atOnce = yield* forwardAll(pieces, yield* newCache(pieces), rows)
        for (const found of [atOnce, yield* pieceByPiece(pieces, rows)])
          for (const output of whole.info.outputs) {
            const [a, b] = [expected[output]!.data, found[output]!.data]
            const scale = a.reduce((most, x) => Math.max(most, Math.abs(x)), 1)
            const apart = a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
            assert.ok(apart <= 1e-6 * scale, `${output} is ${apart} apart of ${scale}`)
          }
      })
      await run(check)
    })

test("what a model is cut at is an output, and the cache of one in pieces is its own", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  const check = Effect.gen(function* () {
    const whole = yield* open(folder)
    const pieces = yield* open(folder, { cuts: [2] })
    assert.deepEqual(pieces.info.outputs, ["logits", "hidden.2"])
    assert.equal(whole.info.cuts, undefined)
    const foreign = yield* newCache(whole)
    const refused = Effect.flip(forwardAll(pieces, foreign, tokenRows([1], 0)))
    assert.equal((yield* refused).code, "cache.foreign")
  })
  await run(check)
})

test("cuts that are no layers between the first and the last are refused", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (folder === undefined) return
  for (const cuts of [[0], [3], [1, 1], [2, 1], [0.5]])
    assert.equal((await failureOf(open(folder, { cuts }))).code, "model.unknown-cut")
})

/** The sentences of the suite that a model breaks. */
const broken = async (folder: string, change: (model: Model) => Model): Promise<readonly string[]> => {
  const collection = collectTests()
  modelSuite(collection.test, Effect.map(open(folder, { cuts: [1], takesVectors: true }), change))
  const outcomes = await collection.run()
  return outcomes.flatMap(({ name, error }) => (error === undefined ? [] : [name]))
}

test("the model suite catches rows of a text that see what has entered behind the first layer", async (t) => {
  const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "gpt2")
  if (folder === undefined) return
  const found = await broken(folder, (model) => ({
    ...model,
    forward: (rows, options) =>
      model.forward(
        rows,
        options.layers === undefined || options.layers[0] === 0
          ? options
          : { ...options, visibility: { rule: "ranked", ranks: rows.tokens.map(() => 0) } },
      ),
  }))
  assert.ok(
    found.some((name) => name.includes("are seen by no row of the text")),
    found.join("; "),
  )
})
