import assert from "node:assert/strict"
import { test } from "node:test"
import {
  GraphBuilder,
  copyGraph,
  type Feeds,
  gradients,
  referenceDevice,
  tensor,
  type Tensor,
} from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { freshRequest } from "@parade/model-recipes"
import { addParameters, compileEvaluation, makeParameterStore, parameterName } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TinyDiffusionConfig } from "./config.ts"
import { feedsOf, lossGraph, maskId, modelConfig } from "./model.ts"
import type { PassageSequence } from "./passage.ts"

const vocabulary = 24
const config = Schema.decodeUnknownSync(TinyDiffusionConfig)({
  layers: 1,
  width: 8,
  inner: 8,
  heads: 2,
  keyValueHeads: 1,
  length: 8,
  context: 8,
  batch: 2,
})
const request = freshRequest("model", modelConfig(config, vocabulary), groupedQueryAttention, config)
const graph = lossGraph(request, referenceDevice)

const sequences: readonly PassageSequence[] = [
  [
    { tokens: Int32Array.of(9, 10, 11, 12, 0), given: 2 },
    { tokens: Int32Array.of(13, 14, 0), given: 0 },
  ],
  [{ tokens: Int32Array.of(15, 16, 17, 18, 19, 20, 21, 0), given: 0 }],
]
const feeds = feedsOf(request, sequences, { seed: 1, place: 0, weighting: 1 })

type Change = (value: Float32Array, name: string) => void

const lossOf = (given: Feeds, change: Change = () => {}): Promise<number> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const evaluate = yield* compileEvaluation(referenceDevice, graph)
        const store = makeParameterStore()
        addParameters(store, graph)
        for (const [name, { value }] of store.states) change((value as Tensor).data as Float32Array, name)
        return (yield* evaluate(store, given))["loss"]!
      }),
    ),
  )

test("a model that knows nothing spreads itself over all tokens but the mask, which it never predicts", async () => {
  const loss = await lossOf(feeds, (value) => void value.fill(0))
  assert.ok(Math.abs(loss - Math.log(vocabulary - 1)) < 1e-5)
})

test("only masked rows count", async () => {
  const tokens = (feeds["tokens"] as Tensor<"int64">).data
  const { data, dims } = feeds["targets"] as Tensor<"int64">
  const loss = await lossOf(feeds)
  const changed = (masked: boolean): Feeds => ({
    ...feeds,
    targets: tensor(
      "int64",
      dims,
      data.map((target, i) => ((tokens[i] === BigInt(maskId)) === masked ? 23n : target)),
    ),
  })
  assert.equal(await lossOf(changed(false)), loss)
  assert.notEqual(await lossOf(changed(true)), loss)
})

test("a step against the gradient lowers the loss as much as its length says", async () => {
  const g = new GraphBuilder("gradients")
  const weights = graph.initializers.filter(({ weight }) => weight === true)
  const inputs = weights.map((weight) => g.input(parameterName(weight), "float32", weight.shape))
  const values = new Map(weights.map(({ name }, i) => [name, inputs[i]!]))
  const loss = copyGraph(g, graph, { values }).get("loss")!
  gradients(g, loss, inputs).forEach((gradient, i) => g.output(`d.${inputs[i]!.name}`, gradient))
  const built = g.build()
  const found = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const program = yield* referenceDevice.compile(built)
        const store = makeParameterStore()
        addParameters(store, graph)
        const own = Object.fromEntries([...store.states].map(([name, { value }]) => [name, value]))
        return (yield* program.run({ ...feeds, ...own }, built.outputs)) as Readonly<Record<string, Tensor>>
      }),
    ),
  )
  const gradient = (name: string): Float32Array => found[`d.${name}`]!.data as Float32Array
  const squares = Object.values(found).reduce(
    (sum, { data }) => sum + (data as Float32Array).reduce((own, x) => own + x * x, 0),
    0,
  )
  const moved = (by: number): Promise<number> =>
    lossOf(feeds, (value, name) => value.forEach((x, i) => (value[i] = x - by * gradient(name)[i]!)))
  const step = 0.001
  const [down, up] = [await moved(step), await moved(-step)]
  assert.ok(down < (await lossOf(feeds)))
  assert.ok(
    Math.abs((up - down) / (2 * step * squares) - 1) < 0.01,
    `${(up - down) / (2 * step)}, not ${squares}`,
  )
})

test("passages do not see each other, and each starts at position 0", () => {
  const { data } = feeds["mask"] as Tensor<"float32">
  const seen = (row: number, column: number): boolean => data[row * 8 + column] === 0
  for (let row = 0; row < 8; row++)
    for (let column = 0; column < 8; column++) assert.equal(seen(row, column), row < 5 === column < 5)
  const positions = Array.from((feeds["positions"] as Tensor<"int64">).data, Number)
  assert.deepEqual(positions.slice(0, 8), [0, 1, 2, 3, 4, 0, 1, 2])
})
