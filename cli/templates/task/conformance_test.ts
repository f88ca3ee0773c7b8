import { test } from "node:test"
import { taskSuite } from "@parade/test"
import { letterCounts } from "./mod.ts"

for (const options of [
  { length: 8, letters: 4 },
  { length: 4, letters: 3 },
  { length: 32, letters: 26 },
])
  taskSuite((sentence, body) => test(`${options.length} letters: ${sentence}`, body), letterCounts(options))
