import {
  advance,
  type CacheFactory,
  decodeRounds,
  type Decoder,
  type Model,
  prefill,
  rowReader,
  type Sampler,
  uniform,
} from "@parade/core"
import * as Effect from "effect/Effect"

/** What plain decoding is made of. */
export interface AutoregressiveOptions {
  readonly model: Model
  readonly sampler: Sampler
  readonly cache: CacheFactory
  /** Prompt rows forwarded at once. */
  readonly prefillChunk?: number
}

/**
 * Plain decoding, what every other decoder is compared with: a round forwards the newest token and draws the next
 * one from its row, `uniform(seed, "token", position)` deciding.
 */
export const autoregressive = ({ model, sampler, cache, prefillChunk }: AutoregressiveOptions): Decoder => {
  const reader = rowReader(model, sampler)
  return {
    model,
    decode: (request) =>
      decodeRounds({
        model,
        request,
        prepare: prefill(model, cache, request.prompt, {
          chunk: prefillChunk,
          output: reader.output,
          promptCache: request.promptCache,
        }),
        open: (sequence, transcript) => {
          const { history } = sequence
          return Effect.succeed(
            Effect.map(advance(model, sequence, reader.output), (rows) => {
              const position = history.length
              const distribution = reader.distribution(sequence.outputs!, 0, { history, path: [], position })
              transcript.append([distribution.draw(uniform(request.seed, "token", position))])
              return { forwards: rows > 0 ? 1 : 0, rows, proposals: [] }
            }),
          )
        },
      }),
  }
}
