/** Decodes one prompt twice: event by event in a `for await`, and as an Effect Stream. Run: npx tsx library.ts MODEL */
import { plugin as contiguous } from "@parade/contiguous"
import { compose, decodeText, registryOf, toAsyncIterable } from "@parade/core"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as groupedQuery } from "@parade/grouped-query"
import { plugin as promptLookup } from "@parade/prompt-lookup"
import { plugin as speculative } from "@parade/speculative"
import { plugin as standardSampler } from "@parade/standard-sampler"
import { plugin as transformer } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const plugins = [
  contiguous,
  exactMatch,
  groupedQuery,
  promptLookup,
  speculative,
  standardSampler,
  transformer,
]
const source = process.argv[2] ?? process.env["PARADE_MODEL"]
if (source === undefined) {
  console.error("Name a model, a folder or a .gguf file: npx tsx library.ts MODEL")
  process.exit(2)
}
const pipeline = {
  use: "@parade/speculative",
  model: { use: "@parade/transformer", with: { source } },
}

const program = Effect.gen(function* () {
  const decoder = yield* compose(pipeline, { registry: registryOf(plugins) })
  const question = [{ role: "user", content: "Count from one to twelve." }]

  yield* Effect.promise(async () => {
    for await (const event of toAsyncIterable(decodeText(decoder, question, { maxTokens: 60 })))
      if (event.type === "committed") process.stdout.write(event.text as string)
  })

  const rounds = decodeText(decoder, question, { maxTokens: 60 }).pipe(
    Stream.filter((event) => event.type === "round"),
    Stream.runFold(
      () => 0,
      (count) => count + 1,
    ),
  )
  console.log(`\nand again in ${yield* rounds} rounds`)
})

await program.pipe(
  Effect.scoped,
  Effect.catchTag("PipelineError", (error) =>
    Effect.sync(() => {
      console.error(error.describe())
      process.exitCode = 2
    }),
  ),
  Effect.runPromise,
)
