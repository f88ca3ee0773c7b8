import { autoregressive } from "@parade/autoregressive"
import { contiguous } from "@parade/contiguous"
import { collectText, type Model, type ParadeError, readoutNames } from "@parade/core"
import { standardSampler } from "@parade/standard-sampler"
import * as Effect from "effect/Effect"
import { median } from "../cli/bench/statistics.ts"
import { openForPrices } from "./diffusion/open-model.ts"
import { processorTime } from "./diffusion/steps.ts"

const prompt = Array.from({ length: 32 }, (_, i) => 100 + 7 * i)

const millisecondsPerToken = (model: Model, tokens: number): Effect.Effect<number, ParadeError> =>
  Effect.gen(function* () {
    const decoder = autoregressive({ model, sampler: standardSampler(), cache: contiguous() })
    const started = processorTime()
    const text = yield* collectText(
      decoder.decode({
        prompt: [{ tokens: prompt }],
        target: { kind: "continuation", maxTokens: tokens },
        stop: { ignoreEnd: true },
        seed: 0,
      }),
    )
    return (processorTime() - started) / text.tokens.length
  })

/** Plain greedy decoding where whole rows of logits leave the graph, and where only the likeliest token does, in turns. */
export const compareReadout = (source: string, rounds: number, tokens: number): Promise<string> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const rows = yield* openForPrices(source, [])
        const argmax = yield* openForPrices(source, [readoutNames.argmax])
        const [whole, few]: [number[], number[]] = [[], []]
        for (let round = 0; round <= rounds; round++) {
          const pair = [
            yield* millisecondsPerToken(rows, tokens),
            yield* millisecondsPerToken(argmax, tokens),
          ]
          if (round === 0) continue
          whole.push(pair[0]!)
          few.push(pair[1]!)
        }
        const ratio = median(whole.map((time, i) => time / few[i]!))
        return [
          `whole rows: ${median(whole).toFixed(2)} ms a token; the likeliest token alone: ${median(few).toFixed(2)} ms, ${ratio.toFixed(3)} × as fast`,
          `(greedy, ${tokens} tokens after ${prompt.length}, processor time of one thread, ${rounds} rounds in turns)`,
        ].join("\n")
      }),
    ),
  )
