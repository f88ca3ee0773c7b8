import { test } from "node:test"
import { taskSuite } from "@parade/test"
import * as Schema from "effect/Schema"
import { ArithmeticConfig, arithmeticTask } from "./mod.ts"

for (const config of [
  {},
  { digits: 1 },
  { operations: ["chain"], maxTerms: 6, working: true, wording: "spoken" },
])
  taskSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    arithmeticTask(Schema.decodeUnknownSync(ArithmeticConfig)(config)),
  )
