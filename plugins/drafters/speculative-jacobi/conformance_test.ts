import { test } from "node:test"
import { drafterSuite, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SpeculativeJacobiConfig, speculativeJacobi } from "./mod.ts"

const target = tableModel({ vocabularySize: 7, order: 1, seed: 4, spread: 3 })

for (const config of [{}, { window: 4, start: "repeat-left" }, { start: "likeliest-left", rowLength: 3 }])
  drafterSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    () => Effect.succeed(speculativeJacobi(Schema.decodeUnknownSync(SpeculativeJacobiConfig)(config))),
    { target },
  )
