/**
 * A training step of a Llama-shaped model on the processor: tokens/s, model FLOPs, and the rate of fp32 products that
 * onnxruntime reaches in the same run, by the clock and by processor time (which other programs disturb less; waiting
 * threads spin, so read it with one thread). `node --import tsx bench/training.ts [steps] [threads]`.
 */
import { GraphBuilder, copyGraph, crossEntropy, ops, tensor } from "@parade/graph"
import type { Device, Feeds, Graph, Program } from "@parade/graph"
import { groupedQueryAttention } from "@parade/grouped-query"
import { openDevice } from "@parade/onnx"
import { addParameters, compileStep, makeParameterStore } from "@parade/training"
import { freshTensors, readArchitecture, trainingFeeds, trainingGraph } from "@parade/transformer"
import * as Effect from "effect/Effect"

const [steps, threads] = [Number(process.argv[2] ?? 15), Number(process.argv[3] ?? 2)]
const COUNT = 16
const LENGTH = 128
const VOCABULARY = 512
const LAYERS = 4
const WIDTH = 192
const INNER = 512

const architecture = readArchitecture(
  {
    model_type: "llama",
    vocab_size: VOCABULARY,
    hidden_size: WIDTH,
    intermediate_size: INNER,
    num_hidden_layers: LAYERS,
    num_attention_heads: 6,
    max_position_embeddings: 2048,
    tie_word_embeddings: true,
  },
  "bench",
)

/** Numbers in [0, 1) that are the same every time. */
const uniform = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const normal = (seed: number): (() => number) => {
  const next = uniform(seed)
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

export const lossGraph = (): Graph => {
  const g = new GraphBuilder("training")
  const model = trainingGraph({
    architecture,
    attention: groupedQueryAttention,
    tensors: freshTensors(architecture, groupedQueryAttention, (name) => normal(name.length)),
    sequences: { count: COUNT, length: LENGTH },
    lowering: { kind: "fused" },
  })
  const logits = copyGraph(g, model).get("logits")!
  g.output("loss", crossEntropy(g, logits, g.input("targets", "int64", [COUNT * LENGTH])))
  return g.build()
}

/** A batch in which the next token follows from the last. */
export const batch = (seed: number): Feeds => {
  const next = uniform(seed)
  const rows = Array.from({ length: COUNT }, () => {
    const row = [Math.floor(next() * VOCABULARY)]
    while (row.length <= LENGTH) row.push((row.at(-1)! * 5 + 1) % VOCABULARY)
    return row
  })
  const targets = rows.flatMap((row) => row.slice(1))
  return {
    ...trainingFeeds(
      architecture,
      groupedQueryAttention,
      rows.map((row) => ({ tokens: row.slice(0, LENGTH) })),
    ),
    targets: tensor("int64", [targets.length], BigInt64Array.from(targets, BigInt)),
  }
}

interface Product {
  readonly program: Program
  readonly feeds: Feeds
  readonly flops: number
}

/** The products of the feed-forward, forwards and both ways back, of whole batches of rows. */
const product = (device: Device) =>
  Effect.gen(function* () {
    const rows = COUNT * LENGTH
    const g = new GraphBuilder("products")
    const x = g.input("x", "float32", [rows, WIDTH])
    const w = g.input("w", "float32", [INNER, WIDTH])
    const y = g.input("y", "float32", [rows, INNER])
    const sum = (value: ReturnType<typeof ops.gemm>): ReturnType<typeof ops.gemm> =>
      ops.reduceMax(g, value, [0, 1])
    g.output("forward", sum(ops.gemm(g, x, w)))
    g.output("rows", sum(ops.gemm(g, y, w, undefined, { transposeW: false })))
    g.output("weights", sum(ops.gemm(g, y, x, undefined, { transposeX: true, transposeW: false })))
    const program = yield* device.compile(g.build())
    const floats = (...dims: [number, number]) =>
      tensor("float32", dims, Float32Array.from({ length: dims[0] * dims[1] }, uniform(3)))
    const feeds = { x: floats(rows, WIDTH), w: floats(INNER, WIDTH), y: floats(rows, INNER) }
    return { program, feeds, flops: 3 * 2 * rows * WIDTH * INNER } satisfies Product
  })

/** Milliseconds of runs, by the clock and of all threads of this process. */
class Timings {
  readonly clock: number[] = []
  readonly processor: number[] = []

  measure<A, E>(run: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const start = performance.now()
      const used = process.cpuUsage()
      return Effect.tap(run, () => {
        const { user, system } = process.cpuUsage(used)
        this.clock.push(performance.now() - start)
        this.processor.push((user + system) / 1000)
        return Effect.void
      })
    })
  }
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!

const bench = Effect.gen(function* () {
  const device = yield* openDevice("cpu", { threads })
  const graph = lossGraph()
  const step = yield* compileStep(device, graph)
  const store = makeParameterStore()
  addParameters(store, graph)
  const reference = yield* product(device)
  const parameters = step.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  // Six per parameter and token; scores and their mixing, of which causality needs half.
  const flops = COUNT * LENGTH * (6 * parameters + (12 * LAYERS * WIDTH * LENGTH) / 2)
  const [times, products] = [new Timings(), new Timings()]
  let loss = 0
  for (let i = 0; i < steps; i++) {
    const feeds = batch(i)
    const result = yield* times.measure(step.run(store, [feeds], 1e-3))
    loss = result.metrics["loss"]!
    yield* products.measure(reference.program.run(reference.feeds, reference.program.graph.outputs))
  }
  const rate = (work: number, times: readonly number[]): string =>
    `${(work / quantile(times, 0.5) / 1e6).toFixed(0)} GFLOP/s (best ${(work / quantile(times, 0) / 1e6).toFixed(0)})`
  const tokens = (time: number): string => ((COUNT * LENGTH * 1000) / time).toFixed(0)
  const [median, least] = [quantile(times.clock, 0.5), quantile(times.clock, 0)]
  console.log(
    [
      `${(parameters / 1e6).toFixed(2)} M parameters, ${COUNT}x${LENGTH} tokens, ${threads} threads, loss ${loss.toFixed(3)}`,
      `a step of ${(flops / 1e9).toFixed(1)} GFLOP takes ${median.toFixed(0)} ms (best ${least.toFixed(0)})`,
      `${tokens(median)} tokens/s (best ${tokens(least)})`,
      `most memory of the process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
      `by the clock: ${rate(flops, times.clock)}, products alone ${rate(reference.flops, products.clock)}`,
      `by processor time: ${rate(flops, times.processor)}, products alone ${rate(reference.flops, products.processor)}`,
    ].join("\n"),
  )
})

if (process.argv[1]?.endsWith("training.ts") === true) await Effect.runPromise(Effect.scoped(bench))
