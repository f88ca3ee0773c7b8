import { test } from "node:test"
import { taskSuite } from "@parade/test"
import * as Schema from "effect/Schema"
import { ListOperationsConfig, listOperationsTask } from "./mod.ts"

for (const config of [
  {},
  { items: "letters", notation: "spaces", wording: "terse", minItems: 4, maxItems: 4 },
  { items: "words", notation: "commas", minItems: 5, maxItems: 15, operations: ["shuffle", "remove-index"] },
])
  taskSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    listOperationsTask(Schema.decodeUnknownSync(ListOperationsConfig)(config)),
  )
