import type { Decoder, Tokenizer } from "@parade/core"
import { traceCanvas, type TraceLayout } from "./layout.ts"

const nothing: Tokenizer["encode"] = () => new Int32Array(0)

/**
 * A decoder of canvases that answers a prompt by several traces and a summary, of which only the summary is the output, no
 * longer than was asked for. A request that brings its own canvas is decoded as it is. Tags are text: a model without a
 * tokenizer has none between its traces.
 */
export const traceDecoder = (decoder: Decoder, layout: TraceLayout): Decoder => ({
  ...decoder,
  decode(request) {
    const { target } = request
    if (target.kind === "canvas") return decoder.decode(request)
    const summaryLength = Math.min(layout.summaryLength, target.maxTokens)
    const encode = decoder.model.tokenizer?.encode ?? nothing
    return decoder.decode({ ...request, target: traceCanvas({ ...layout, summaryLength }, encode) })
  },
})
