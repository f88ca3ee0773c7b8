import { test } from "node:test"
import { taskSuite } from "@parade/test"
import * as Schema from "effect/Schema"
import { TemplatedSentencesConfig, templatedSentencesTask } from "./mod.ts"

for (const config of [{ gaps: 1 }, { operations: ["fill"], gaps: 3 }])
  taskSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    templatedSentencesTask(Schema.decodeUnknownSync(TemplatedSentencesConfig)(config)),
  )
