import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { type Feeds, type Graph, referenceDevice, type Tensor } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { sharedOrSkip } from "@parade/test/shared"
import { openCheckpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import { readArchitecture } from "./architectures.ts"
import { tensorsOf } from "./load.ts"
import { trainingFeeds } from "./training-feeds.ts"
import { trainingGraph } from "./training-graph.ts"

const run = Effect.fnUntraced(function* (graph: Graph, feeds: Feeds) {
  const program = yield* referenceDevice.compile(graph)
  return (yield* program.run(feeds, graph.outputs)) as Readonly<Record<string, Tensor<"float32">>>
})

// Windows by layer; positions that are added below.
for (const [name, cut] of [
  ["gemma3", 2],
  ["gpt2", 1],
] as const)
  test(`layers of ${name} trained apart are those of the model`, async (t) => {
    const shared = sharedOrSkip(t, "fixtures", "tiny-hf", name)
    if (shared === undefined) return
    const program = Effect.gen(function* () {
      const checkpoint = yield* openCheckpoint(shared)
      const architecture = readArchitecture(checkpoint.config, join(shared, "config.json"))
      const depth = architecture.layers.length
      const request = {
        architecture,
        attention: groupedQueryAttention,
        tensors: tensorsOf(checkpoint, "fp32"),
        sequences: { count: 2, length: 5 },
      }
      const feeds = trainingFeeds(architecture, groupedQueryAttention, [
        { tokens: [5, 17, 250, 3, 3] },
        { tokens: [9, 1, 2, 80, 7] },
      ])
      const whole = yield* run(trainingGraph({ ...request, outputs: [`hidden.${cut}`] }), feeds)
      const below = yield* run(trainingGraph({ ...request, layers: [0, cut] }), feeds)
      assert.deepEqual(Object.keys(below), [`hidden.${cut}`])
      const above = yield* run(trainingGraph({ ...request, layers: [cut, depth] }), { ...feeds, ...below })
      assert.deepEqual(below[`hidden.${cut}`]!.data, whole[`hidden.${cut}`]!.data)
      assert.deepEqual(above["logits"]!.data, whole["logits"]!.data)
    })
    await Effect.runPromise(Effect.scoped(program))
  })
