import * as Effect from "effect/Effect"
import type { DecoderBench, DecoderCapabilities, DecoderFactory } from "./_decoder-bench.ts"
import { promiseDecoderEnds } from "./_decoder-ends.ts"
import { promiseDecoderEvents } from "./_decoder-events.ts"
import { promiseDecoderResources } from "./_decoder-resources.ts"
import { promiseDecoderText } from "./_decoder-text.ts"
import { promises, type TestFunction } from "./test-function.ts"

export type { DecoderCapabilities, DecoderFactory, DecoderParts } from "./_decoder-bench.ts"

/**
 * What every decoder promises: events that add up, a text that ends where it should, that depends on the request
 * alone and is that of plain decoding as far as declared, and nothing left behind however it ends. The suite gives
 * model, sampler and cache; the factory adds whatever else the decoder is made of.
 */
export const decoderSuite = (
  test: TestFunction,
  factory: DecoderFactory,
  capabilities: DecoderCapabilities,
): void => {
  const bench: DecoderBench = { make: factory, preserves: capabilities.preserves }
  const promise = promises(test, "decoder", Effect.succeed(bench))
  promiseDecoderEvents(promise)
  promiseDecoderEnds(promise)
  promiseDecoderText(promise)
  promiseDecoderResources(promise)
}
