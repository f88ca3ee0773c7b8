/**
 * One process of `bench:training`: a training step, or the products of its linear layers. It runs once for each message
 * of its parent and answers with {@link Ran}; it ends with its parent.
 */
import { parseArgs } from "node:util"
import { ops, GraphBuilder, tensor } from "@parade/graph"
import type { Device, Feeds, Value } from "@parade/graph"
import { openDevice, trainingEntries } from "@parade/onnx"
import { addParameters, compileStep, makeParameterStore } from "@parade/training"
import * as Effect from "effect/Effect"
import { batch, keepings, lossGraph, size, uniform } from "./_training-model.ts"

/** What a run took, and what there is to say of the process after it. */
export interface Ran {
  readonly milliseconds: number
  /** Of one run. */
  readonly flops: number
  /** The most memory the process held, less what it held before it compiled. */
  readonly usedBytes: number
  /** Of that, what the compiled step took before there were parameters and batches. */
  readonly compiledBytes: number
  /** Of a step: parameters and both means, and the loss. */
  readonly stateBytes: number
  readonly loss: number
}

interface Job {
  /** The next run, its batch drawn: that is not a part of it. */
  readonly next: () => Effect.Effect<{ readonly loss: number }, unknown>
  readonly facts: Pick<Ran, "flops" | "compiledBytes" | "stateBytes">
}

const { values } = parseArgs({
  options: {
    keeping: { type: "string" },
    threads: { type: "string", default: "2" },
    sequences: { type: "string", default: "16" },
  },
})
const sequences = Number(values.sequences)
const rows = sequences * size.length

/** Width in and out of the linear layers of a layer, and of the head. */
const layers: readonly (readonly [inner: number, outer: number])[] = [
  [size.width, 3 * size.width],
  [size.width, size.width],
  [size.width, size.inner],
  [size.width, size.inner],
  [size.inner, size.width],
  [size.width, size.vocabulary],
]

/** The products of those layers over a batch, forwards and both ways back, and nothing else. */
const products = (device: Device) =>
  Effect.gen(function* () {
    const g = new GraphBuilder("products")
    const feeds: Record<string, Feeds[string]> = {}
    const floats = (name: string, ...dims: [number, number]): Value => {
      feeds[name] = tensor("float32", dims, Float32Array.from({ length: dims[0] * dims[1] }, uniform(3)))
      return g.input(name, "float32", dims)
    }
    // One row of each comes back, so that the copy of what is returned counts for nothing.
    const done = (name: string, product: Value): void => g.output(name, ops.slice(g, product, 0, 0, 1))
    layers.forEach(([inner, outer], i) => {
      const [x, w, y] = [
        floats(`x${i}`, rows, inner),
        floats(`w${i}`, outer, inner),
        floats(`y${i}`, rows, outer),
      ]
      done(`forward${i}`, ops.gemm(g, x, w))
      done(`rows${i}`, ops.gemm(g, y, w, undefined, { transposeW: false }))
      done(`weights${i}`, ops.gemm(g, y, x, undefined, { transposeX: true, transposeW: false }))
    })
    const program = yield* device.compile(g.build())
    const flops = layers.reduce((sum, [inner, outer]) => sum + 3 * 2 * rows * inner * outer, 0)
    const next = () => Effect.as(program.run(feeds, program.graph.outputs), { loss: 0 })
    return { next, facts: { flops, compiledBytes: 0, stateBytes: 0 } } satisfies Job
  })

const step = (device: Device, keeping: string, before: number) =>
  Effect.gen(function* () {
    const graph = lossGraph(sequences, keepings[keeping]!)
    const compiled = yield* compileStep(device, graph)
    const compiledBytes = process.memoryUsage().rss - before
    const store = makeParameterStore()
    addParameters(store, graph)
    const parameters = compiled.parameters.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    )
    // Six per parameter and token; scores and their mixing, of which causality needs half.
    const flops = rows * (6 * parameters + (12 * size.layers * size.width * size.length) / 2)
    const next = () =>
      Effect.map(compiled.run(store, [batch(sequences, store.steps)], 1e-3), ({ metrics }) => ({
        loss: metrics["loss"]!,
      }))
    const stateBytes = 3 * 4 * parameters
    return { next, facts: { flops, compiledBytes, stateBytes } } satisfies Job
  })

const answer = (job: Job, before: number): Effect.Effect<Ran, unknown> =>
  Effect.gen(function* () {
    const run = job.next()
    const start = performance.now()
    const { loss } = yield* run
    const milliseconds = performance.now() - start
    const usedBytes = process.resourceUsage().maxRSS * 1024 - before
    return { ...job.facts, milliseconds, usedBytes, loss }
  })

const program = Effect.gen(function* () {
  const device = yield* openDevice("cpu", { threads: Number(values.threads), extra: trainingEntries })
  const before = process.memoryUsage().rss
  const job = yield* values.keeping === undefined ? products(device) : step(device, values.keeping, before)
  yield* Effect.promise(
    () =>
      new Promise<void>((resolve) => {
        process.on("message", () => {
          void Effect.runPromise(answer(job, before)).then((ran) => process.send!(ran))
        })
        process.once("disconnect", () => resolve())
      }),
  )
})
await Effect.runPromise(Effect.scoped(program))
