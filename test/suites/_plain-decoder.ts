import { advance, type Decoder, decodeRounds, prefill, uniform } from "@parade/core"
import * as Effect from "effect/Effect"
import type { DecoderParts } from "./decoder-suite.ts"

/** Plain decoding as a decoder: what the suite is shown to pass, and what is broken to show what it catches. */
export const plain = ({ model, sampler, cache }: DecoderParts): Decoder => ({
  model,
  decode: (request) =>
    decodeRounds({
      model,
      request,
      prepare: prefill(model, cache, request.prompt, { promptCache: request.promptCache }),
      open: (sequence, transcript) =>
        Effect.succeed(
          Effect.map(advance(model, sequence), (rows) => {
            const { history, outputs } = sequence
            const position = history.length
            const distribution = sampler.process(outputs!["logits"]!.row(0), { history, path: [], position })
            transcript.append([distribution.draw(uniform(request.seed, "token", position))])
            return { forwards: rows > 0 ? 1 : 0, rows, proposals: [] }
          }),
        ),
    }),
})
