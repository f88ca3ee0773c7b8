import { definePlugin, type Model, ModelKind, type Plugin, type Tokenizer } from "@parade/core"
import { scriptedModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** What a model says on standard error that waits to be interrupted. */
export const waitingLine = "waiting\n"

/** Has no end; a process that waited for nothing at all would have one. */
const waiting = Effect.flatMap(
  Effect.sync(() => void process.stderr.write(waitingLine)),
  () => Effect.delay(Effect.never, "1 day"),
)

/** A model for the tests of the command, used by path as any plugin from outside is: it says a text after a prompt. */
export const scripted: Plugin<Model> = definePlugin({
  kind: ModelKind,
  name: "scripted",
  summary: "Says a given text after a given prompt.",
  grants: ["visibility"],
  config: Schema.Struct({
    prompt: Schema.String,
    text: Schema.String,
    /** How long a forward takes. */
    milliseconds: Schema.optionalKey(Schema.Int),
    /** Which forward, counted from 0, says so and waits to be interrupted: whoever sends the signal may take any time. */
    endless: Schema.optionalKey(Schema.Int),
    /** Stands in for what a real model loads. */
    source: Schema.optionalKey(Schema.String),
  }),
  make: ({ prompt, text, milliseconds = 0, endless }) => {
    let forwards = 0
    const model = scriptedModel({ prompt, text, contextLength: 100_000 })
    const tokenizer: Tokenizer = {
      ...model.tokenizer!,
      applyChatTemplate: (messages) => Effect.succeed(messages.map(({ content }) => content).join("")),
    }
    return Effect.acquireRelease(
      Effect.succeed<Model>({
        ...model,
        tokenizer,
        forward: (rows, options) =>
          forwards++ === endless ? waiting : Effect.delay(model.forward(rows, options), milliseconds),
      }),
      () => Effect.sync(() => void process.stderr.write("released\n")),
    )
  },
})
