import { test } from "node:test"
import { taskSuite } from "@parade/test"
import * as Schema from "effect/Schema"
import { SquaresConfig, squaresTask } from "./mod.ts"

for (const config of [
  {},
  { unique: false, minHoles: 6, maxHoles: 10, notation: "compact" },
  { puzzles: ["latin-complete"], order: 5, maxHoles: 12 },
])
  taskSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    squaresTask(Schema.decodeUnknownSync(SquaresConfig)(config)),
  )
