import { test } from "node:test"
import { samplerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { standardSampler } from "./mod.ts"

const suite = (options: Parameters<typeof standardSampler>[0], reorders = false): void =>
  samplerSuite(
    (name, body) => test(`${JSON.stringify(options)} ${name}`, body),
    Effect.sync(() => standardSampler(options)),
    {
      reorders,
    },
  )

suite({})
suite({ temperature: 0.7 })
suite({ temperature: 1, topK: 5 })
suite({ temperature: 1.5, topP: 0.8, minP: 0.02 })
suite({ temperature: 1, repetitionPenalty: 1.3 }, true)
suite({ temperature: 1, presencePenalty: 0.5, frequencyPenalty: 0.25, logitBias: { "3": 2 } }, true)
