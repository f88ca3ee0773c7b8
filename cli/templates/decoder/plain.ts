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

export interface PlainOptions {
  readonly model: Model
  readonly sampler: Sampler
  readonly cache: CacheFactory
  /** Prompt rows forwarded at once. */
  readonly prefillChunk: number
}

/**
 * One token per forward. `decodeRounds` counts, stops and reports; a decoder says how the prompt is read and what one
 * round does, which is the place to put more than one token in.
 */
export const plain = ({ model, sampler, cache, prefillChunk }: PlainOptions): Decoder => {
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
          const round = Effect.map(advance(model, sequence, reader.output), (rows) => {
            const position = history.length
            const distribution = reader.distribution(sequence.outputs!, 0, { history, path: [], position })
            // Keyed draws: same seed, same text, whatever was forwarded before.
            transcript.append([distribution.draw(uniform(request.seed, "token", position))])
            return { forwards: rows > 0 ? 1 : 0, rows, proposals: [] }
          })
          return Effect.succeed(round)
        },
      }),
  }
}
