import { test } from "node:test"
import { drafterSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PromptLookupConfig, promptLookup } from "./mod.ts"

for (const config of [
  {},
  { maxNgram: 2, draftLength: 4, match: "latest" },
  { branches: 3, source: "prompt" },
  { edits: false },
])
  drafterSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    () => Effect.succeed(promptLookup(Schema.decodeUnknownSync(PromptLookupConfig)(config))),
  )
