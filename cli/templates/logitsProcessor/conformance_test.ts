import { test } from "node:test"
import { rowDistribution } from "@parade/core"
import { samplerSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { epsilonCut } from "./mod.ts"

// A processor is held to what a sampler of it alone promises.
for (const { epsilon, temperature } of [
  { epsilon: 0, temperature: 1 },
  { epsilon: 0.02, temperature: 0.7 },
  { epsilon: 1, temperature: 1 },
]) {
  const { order, process } = epsilonCut({ epsilon })
  samplerSuite(
    (sentence, body) => test(`epsilon ${epsilon}: ${sentence}`, body),
    Effect.succeed({
      order,
      greedy: epsilon === 1,
      process: (logits, context) => rowDistribution(process({ logits, temperature }, context)),
    }),
  )
}
