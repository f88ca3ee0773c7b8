import { test } from "node:test"
import { taskSuite } from "@parade/test"
import { sharedFolder } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  QuestionAnswersConfig,
  questionAnswersTask,
  TextWindowsConfig,
  textWindowsTask,
  windowsOf,
} from "./mod.ts"

const numbers = Array.from({ length: 5000 }, (_, i) => `${(i * 7919) % 10_007}`).join(" ")

taskSuite(
  (sentence, body) => test(`windows of numbers ${sentence}`, body),
  Effect.sync(() => windowsOf(numbers, { promptCharacters: 30, answerCharacters: 20 })!),
)

const shakespeare = sharedFolder("data", "tiny_shakespeare.txt")
const problems = sharedFolder("data", "gsm8k_train.jsonl")

if (shakespeare === undefined || problems === undefined)
  test("texts of the shared folder", (t) => t.skip("There is no data in the shared folder."))
else {
  taskSuite(
    (sentence, body) => test(`Shakespeare ${sentence}`, body),
    textWindowsTask(Schema.decodeUnknownSync(TextWindowsConfig)({ source: shakespeare })),
  )
  taskSuite(
    (sentence, body) => test(`school problems ${sentence}`, body),
    questionAnswersTask(Schema.decodeUnknownSync(QuestionAnswersConfig)({ source: problems })),
  )
}
