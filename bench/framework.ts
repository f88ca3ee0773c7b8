import { autoregressive } from "@parade/autoregressive"
import { contiguous } from "@parade/contiguous"
import type { Decoder, FinishedEvent } from "@parade/core"
import { exactMatch } from "@parade/exact-match"
import { promptLookup, PromptLookupConfig } from "@parade/prompt-lookup"
import { speculative } from "@parade/speculative"
import { standardSampler } from "@parade/standard-sampler"
import { emptyDrafter, nullModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { spread } from "../cli/bench/statistics.ts"

const tokens = 50_000

const roundsPerSecond = async (decoder: Decoder): Promise<number> => {
  const started = performance.now()
  let finished: FinishedEvent | undefined
  const events = decoder.decode({
    prompt: [{ tokens: [1] }],
    target: { kind: "continuation", maxTokens: tokens },
    seed: 0,
  })
  await Effect.runPromise(
    Stream.runForEach(events, (event) => {
      if (event.type === "finished") finished = event as FinishedEvent
      return Effect.void
    }),
  )
  return (finished!.stats.rounds * 1000) / (performance.now() - started)
}

/**
 * Rounds per second on a model that does nothing: what composition, Effect, events, sampler and cache cost, and
 * nothing else. The Markdown table.
 */
export const measureFramework = async (rounds: number): Promise<string> => {
  const parts = { model: nullModel({ token: 1 }), sampler: standardSampler(), cache: contiguous() }
  const verifier = exactMatch
  const lookup = promptLookup(Schema.decodeUnknownSync(PromptLookupConfig)({}))
  const decoders: readonly (readonly [string, Decoder])[] = [
    ["plain decoding", autoregressive(parts)],
    [
      "speculation, nothing drafted",
      speculative({ ...parts, verifier, drafter: emptyDrafter, adaptive: false }),
    ],
    [
      "prompt lookup, 8 drafted and accepted",
      speculative({ ...parts, verifier, drafter: lookup, adaptive: false, maxDraft: 8 }),
    ],
  ]
  const measured = new Map<string, number[]>(decoders.map(([name]) => [name, []]))
  for (let round = -1; round < rounds; round++)
    for (const [name, decoder] of decoders) {
      const rate = await roundsPerSecond(decoder)
      if (round >= 0) measured.get(name)!.push(rate)
    }
  const rows = [...measured].map(([name, rates]) => {
    const { median, low, high } = spread(rates)
    return `| ${name} | ${median.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)}) | ${(1e6 / median).toFixed(1)} |`
  })
  return ["| null model | rounds/s (quartiles) | µs a round |", "|---|--:|--:|", ...rows].join("\n")
}
