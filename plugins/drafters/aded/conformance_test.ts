import { test } from "node:test"
import { drafterSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { AdedConfig, aded, trigramCounter } from "./mod.ts"

const counter = trigramCounter()
for (let seed = 0; seed < 40; seed++)
  counter.add(Array.from({ length: 30 }, (_, i) => (seed * i * i + i) % 7))
const table = { counted: counter.counted(12), vocabularyFingerprint: "tiny" }

for (const config of [{}, { nodes: 6 }, { search: "likeliest" }, { length: 2, iterations: 3 }])
  for (const known of [table, undefined])
    drafterSuite(
      (sentence, body) =>
        test(
          `${JSON.stringify(config)} ${known === undefined ? "without" : "with"} a table: ${sentence}`,
          body,
        ),
      () => Effect.succeed(aded(Schema.decodeUnknownSync(AdedConfig)(config), known)),
    )
