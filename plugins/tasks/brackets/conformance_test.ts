import { test } from "node:test"
import { taskSuite } from "@parade/test"
import * as Schema from "effect/Schema"
import { BracketsConfig, bracketsTask } from "./mod.ts"

for (const config of [
  {},
  { operations: ["complete"], extraPairs: 3, minPairs: 3, maxPairs: 7 },
  { operations: ["complete"], extraPairs: 4, minPairs: 6, maxPairs: 10, kinds: 1 },
])
  taskSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    bracketsTask(Schema.decodeUnknownSync(BracketsConfig)(config)),
  )
