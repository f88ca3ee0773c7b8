import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  composeAs,
  definePlugin,
  type Kind,
  kind,
  type PipelineNode,
  type Plugin,
  preset,
  registryOf,
  slot,
} from "./mod.ts"

const TextKind: Kind<string> = kind("text")

const word: Plugin<string> = definePlugin({
  kind: TextKind,
  name: "word",
  summary: "A word.",
  config: Schema.Struct({ text: Schema.String }),
  make: ({ text }) => Effect.succeed(text),
})
const pair: Plugin<string> = definePlugin({
  kind: TextKind,
  name: "pair",
  summary: "Two words.",
  config: Schema.Struct({
    between: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed(" "))),
  }),
  slots: {
    left: slot(TextKind, "The first.", { use: "word", with: { text: "good" } }),
    right: slot(TextKind, "The second."),
  },
  capabilities: ["short"],
  make: ({ between }, { left, right }) => Effect.succeed(`${left}${between}${right}`),
})
const greeting = preset(pair, {
  name: "greeting",
  summary: "A greeting.",
  slots: { right: { use: "word", with: { text: "morning" } } },
})
const registry = registryOf([word, pair, greeting])
const composed = (source: PipelineNode): Promise<string> =>
  Effect.runPromise(Effect.scoped(composeAs(TextKind, source, { registry })))

test("a preset is its plugin under another name, with other parts where a pipeline leaves them out", async () => {
  assert.equal(await composed({ use: "greeting" }), "good morning")
  assert.deepEqual([greeting.name, greeting.kind, greeting.capabilities], ["greeting", TextKind, ["short"]])
})

test("what a pipeline says stands: config as well as slots", async () => {
  const source = { use: "greeting", with: { between: "-" }, right: { use: "word", with: { text: "day" } } }
  assert.equal(await composed(source), "good-day")
})

test("the plugin itself stays as it was", async () => {
  const error = await Effect.runPromise(
    Effect.flip(Effect.scoped(composeAs(TextKind, { use: "pair" }, { registry }))),
  )
  assert.equal(error.code, "pipeline.missing-slot")
})

test("a slot that the plugin lacks is refused where the preset is written", () => {
  assert.throws(
    () => preset(pair, { name: "odd", summary: "None.", slots: { middle: { use: "word" } } }),
    /pair has no slot "middle"/,
  )
})
