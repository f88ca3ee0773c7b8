import assert from "node:assert/strict"
import { test } from "node:test"
import { type ForwardOptions, type Model, type Outputs, type Rows, tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"
import { chainModel, collectTests, modelSuite, tableModel } from "../mod.ts"
import { assertCaught } from "./_broken.ts"

const table = tableModel({ vocabularySize: 11, order: 4, seed: 9, positional: true, contextLength: 64 })

modelSuite(test, Effect.succeed(table))

type Forward = Model["forward"]

/** The table model with another forward. */
const broken = (change: (forward: Forward) => Forward): Model => ({
  ...table,
  forward: change(table.forward),
})

const withRows =
  (change: (rows: Rows, options: ForwardOptions) => Rows) =>
  (forward: Forward): Forward =>
  (rows, options) =>
    forward(change(rows, options), options)

const withOptions =
  (change: (options: ForwardOptions, rows: Rows) => ForwardOptions) =>
  (forward: Forward): Forward =>
  (rows, options) =>
    forward(rows, change(options, rows))

const withOutputs =
  (change: (outputs: Outputs, options: ForwardOptions) => Outputs) =>
  (forward: Forward): Forward =>
  (rows, options) =>
    Effect.map(forward(rows, options), (outputs) => change(outputs, options))

const catches = (what: string, model: Model, sentence: string): void => {
  test(`the model suite catches ${what}`, () =>
    assertCaught((collect) => modelSuite(collect, Effect.succeed(model)), sentence))
}

const chain = chainModel([
  [0.1, 0.6, 0.3],
  [0.5, 0.2, 0.3],
  [0.3, 0.3, 0.4],
])

catches(
  "a head that is not the model's own",
  { ...chain, head: (hidden) => chain.head!(hidden.map((x) => (x + 1) % 3)) },
  "its head says of final hidden rows what the forward says there",
)

catches(
  "tree rows that see siblings",
  broken(
    withOptions((options, rows) =>
      options.visibility?.rule === "tree"
        ? { ...options, visibility: { rule: "ranked", ranks: rows.tokens.map((_, i) => i) } }
        : options,
    ),
  ),
  "a row of a tree equals its path alone",
)

catches(
  "branches that see each other",
  broken(
    withOptions((options, rows) =>
      options.visibility?.rule === "branches"
        ? { ...options, visibility: { rule: "ranked", ranks: rows.tokens.map((_, i) => i) } }
        : options,
    ),
  ),
  "a branch equals itself alone",
)

catches(
  "rows that see what comes after them",
  broken(
    withOptions((options, rows) => ({
      visibility: { rule: "ranked", ranks: rows.tokens.map(() => 0) },
      ...options,
    })),
  ),
  "a causal row does not see the rows after it",
)

catches(
  "a list of committed rows that is ignored",
  broken(
    withOptions((options) => {
      if (options.visibility === undefined || options.visibility.rule === "dense") return options
      const { cached: _, ...visibility } = options.visibility
      return { ...options, visibility }
    }),
  ),
  "committed rows that are not listed are not seen",
)

catches(
  "positions counted from the wrong place",
  broken(withRows((rows) => ({ ...rows, positions: rows.positions.map((_, i) => i) }))),
  "logits do not depend on how rows are split",
)

catches(
  "a forward that commits by itself",
  broken(
    (forward) => (rows, options) =>
      Effect.tap(forward(rows, options), () => options.cache.commit(rows.tokens.map((_, i) => i))),
  ),
  "rows that are not committed leave no trace",
)

catches(
  "a forward that does not stage what nobody reads",
  broken((forward) => (rows, options) => {
    if (options.outputs.length > 0) return forward(rows, options)
    return Effect.succeed({})
  }),
  "a forward without outputs still stages its rows",
)

catches(
  "outputs in row order instead of the order asked",
  broken(
    withOptions((options) => ({
      ...options,
      outputs: options.outputs.map(({ name, rows }) => ({
        name,
        rows: Array.from(rows).sort((a, b) => a - b),
      })),
    })),
  ),
  "outputs come for the rows asked, in the order asked",
)

catches(
  "outputs nobody asked for",
  broken(withOutputs((outputs) => ({ ...outputs, logits: outputs["logits"]!, extra: outputs["logits"]! }))),
  "every output it names can be asked for",
)

catches(
  "embeddings of other tokens",
  { ...table, embed: (tokens) => table.embed(Array.from(tokens, (token) => (token + 1) % 11)) },
  "a row given as its embedding is the row of its token",
)

catches(
  "logits that follow the number of calls",
  (() => {
    let calls = 0
    return broken(
      withOutputs((outputs) => {
        calls++
        for (const { data } of Object.values(outputs)) data[0]! += calls / 1024
        return outputs
      }),
    )
  })(),
  "gives the same logits for the same rows again",
)

catches(
  "logits that do not depend on the newest token",
  broken(
    withRows((rows, { cache }) =>
      tokenRows(
        rows.tokens.map(() => 0),
        cache.length,
      ),
    ),
  ),
  "gives other logits after another newest token",
)

catches(
  "bad tokens that are taken modulo the vocabulary",
  broken(
    withRows((rows) => ({ ...rows, tokens: rows.tokens.map((token) => (token < 0 ? token : token % 11)) })),
  ),
  "refuses a token past the vocabulary",
)

catches(
  "bad input that throws instead of failing",
  broken((forward) => (rows, options) => {
    if (rows.tokens.some((token) => token >= 11)) throw new RangeError("no such token")
    return forward(rows, options)
  }),
  "refuses a token past the vocabulary",
)

catches(
  "one store for all caches",
  (() => {
    const store = Effect.runSync(Effect.cached(Effect.scoped(table.makeStore)))
    return { ...table, makeStore: store }
  })(),
  "caches of one model do not touch each other",
)

catches(
  "a model that is not its info",
  { ...table, info: { ...table.info, outputs: ["hidden.final"], endTokens: [11] } },
  "its info is consistent",
)

test("what a model does not grant is skipped, with the reason", async () => {
  const collection = collectTests()
  const causalOnly: Model = { ...table, info: { ...table.info, visibility: ["ranked"] } }
  modelSuite(collection.test, Effect.succeed(causalOnly))
  const outcomes = await collection.run()
  assert.deepEqual(
    outcomes.filter(({ error }) => error !== undefined),
    [],
  )
  const reasons = outcomes.flatMap(({ skipped }) => skipped ?? [])
  for (const rule of ["tree", "branches", "dense"])
    assert.ok(reasons.some((reason) => reason.includes(`does not grant ${rule}`)))
})
