import assert from "node:assert/strict"
import { test } from "node:test"
import { bidirectional } from "@parade/core"
import type { Visibility } from "@parade/core"
import { sharedOrSkip } from "@parade/test/shared"
import * as Effect from "effect/Effect"
import {
  allHidden,
  distances,
  forwardAll,
  greedy,
  newCache,
  open,
  range,
  readReference,
  run,
} from "./_testing.ts"
import type { Reference } from "./_testing.ts"
import type { LoadOptions } from "./load.ts"

/** The folders of the fixtures that can be run, and how many layers they have. */
const checkpoints: Readonly<Record<string, number>> = {
  llama: 3,
  "llama-bf16": 3,
  "llama-f16": 3,
  "llama-sharded": 3,
  "llama-tied-llama3rope": 2,
  mistral: 2,
  phi3: 2,
  qwen2: 2,
  qwen3: 2,
  gemma2: 2,
  gemma3: 3,
  gpt2: 2,
}

const visibilities: Readonly<Record<string, (reference: Reference) => Visibility>> = {
  "reference.bidirectional": ({ input_ids }) => bidirectional(input_ids.length),
  "reference.block4": ({ input_ids }) => ({
    rule: "ranked",
    ranks: input_ids.map((_, i) => Math.floor(i / 4)),
  }),
  "reference.tree": ({ prefix, parents }) => ({
    rule: "tree",
    parents: [...range(prefix!).map((i) => i - 1), ...parents!],
  }),
}

/** The same graph as another's: only their files differ. */
const sameGraph = new Set(["llama-bf16", "llama-f16", "llama-sharded"])

/**
 * Holds a device to the references of the fixtures, within `tolerance` of the range of logits. A `slow` one is spared
 * what another device has shown already.
 */
export const referenceTests = (device: LoadOptions["device"], tolerance: number, slow = false): void => {
  for (const [name, layers] of Object.entries(checkpoints)) {
    if (slow && sameGraph.has(name)) continue
    test(`${device}: ${name} gives the reference's logits, hidden states and greedy text`, async (t) => {
      const folder = sharedOrSkip(t, "fixtures", "tiny-hf", name)
      if (folder === undefined) return
      const reference = readReference(folder)
      const check = Effect.gen(function* () {
        const model = yield* open(folder, { device, outputs: allHidden(layers) })
        const cache = yield* newCache(model)
        const { input_ids, greedy_continuation, greedy_margins, logits_range } = reference
        const rows = {
          tokens: Int32Array.from(input_ids),
          positions: Int32Array.from(range(input_ids.length)),
        }
        const outputs = yield* forwardAll(model, cache, rows)
        for (const [output, distance] of distances(outputs, folder, reference))
          assert.ok(distance <= tolerance, `${output} is off by ${distance} of the range`)
        const tokens = yield* greedy(
          model,
          yield* newCache(model),
          input_ids,
          slow ? 8 : greedy_continuation.length,
        )
        // A margin within the tolerance may fall either way, and then the texts part.
        const doubt = tolerance * (logits_range[1] - logits_range[0])
        const sure = greedy_margins.findIndex((margin) => margin <= 2 * doubt)
        const count = sure < 0 ? tokens.length : Math.min(sure, tokens.length)
        assert.ok(count >= 8, `only ${count} tokens can be told apart`)
        assert.deepEqual(tokens.slice(0, count), greedy_continuation.slice(0, count))
      })
      await run(check)
    })
  }

  for (const [name, visibilityOf] of Object.entries(visibilities))
    test(`${device}: llama gives the logits and hidden states of ${name}`, async (t) => {
      const folder = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
      if (folder === undefined) return
      const reference = readReference(folder, name)
      const check = Effect.gen(function* () {
        const model = yield* open(folder, { device, outputs: allHidden(3) })
        const { input_ids, position_ids } = reference
        const rows = {
          tokens: Int32Array.from(input_ids),
          positions: Int32Array.from(position_ids ?? range(input_ids.length)),
        }
        const outputs = yield* forwardAll(model, yield* newCache(model), rows, visibilityOf(reference))
        for (const [output, distance] of distances(outputs, folder, reference, name))
          assert.ok(distance <= tolerance, `${output} is off by ${distance} of the range`)
      })
      await run(check)
    })
}
