import { test } from "node:test"
import { drafterSuite, naiveCache, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DraftModelConfig, draftModel } from "./mod.ts"

const model = tableModel({ vocabularySize: 7, order: 2, seed: 12 })

for (const config of [{}, { law: "point", draftLength: 3 }, { law: "iid" }, { branches: 3 }])
  drafterSuite(
    (sentence, body) => test(`${JSON.stringify(config)} ${sentence}`, body),
    () => Effect.succeed(draftModel(model, naiveCache, Schema.decodeUnknownSync(DraftModelConfig)(config))),
  )
