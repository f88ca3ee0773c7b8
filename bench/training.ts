/**
 * A training step of a Llama-shaped model on the processor: tokens/s, model FLOPs against the rate of fp32 products that
 * onnxruntime reaches for its shapes in the same run, and memory against parameters, optimizer and what has to be kept.
 * `npm run bench:training -- [--steps N] [--threads N] [--sequences N] [--peer COMMAND]`; see README.md.
 */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { ops, GraphBuilder, tensor } from "@parade/graph"
import type { Device, Feeds, Program, Value } from "@parade/graph"
import { openDevice } from "@parade/onnx"
import { addParameters, compileStep, makeParameterStore } from "@parade/training"
import * as Effect from "effect/Effect"
import { batch, lossGraph, size, uniform } from "./_training-model.ts"
import type { Keeping } from "./_training-model.ts"
import { savedBytes } from "./_saved-bytes.ts"

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "15" },
    threads: { type: "string", default: "2" },
    sequences: { type: "string", default: "16" },
    peer: { type: "string" },
    keeping: { type: "string" },
  },
})
const [steps, threads] = [Number(values.steps), Number(values.threads)]
const sequences = Number(values.sequences)
const rows = sequences * size.length

const keepings: Readonly<Record<string, Keeping>> = {
  "all kept": { recomputed: false },
  "layers computed again": { recomputed: true },
  "and logits of 256 rows at once": { recomputed: true, rowsAtOnce: 256 },
}

interface Product {
  readonly program: Program
  readonly feeds: Feeds
  readonly flops: number
}

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
    return { program, feeds, flops } satisfies Product
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

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))]!

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

/** Measures one way of keeping, in this process alone: the most memory of a process never falls. */
const measure = (name: string) =>
  Effect.gen(function* () {
    const device = yield* openDevice("cpu", { threads })
    const graph = lossGraph(sequences, keepings[name]!)
    const before = process.memoryUsage().rss
    const step = yield* compileStep(device, graph)
    const store = makeParameterStore()
    addParameters(store, graph)
    const parameters = step.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
    // Six per parameter and token; scores and their mixing, of which causality needs half.
    const flops = rows * (6 * parameters + (12 * size.layers * size.width * size.length) / 2)
    const [times, alone] = [new Timings(), new Timings()]
    let loss = 0
    for (let i = 0; i < steps; i++) {
      const { metrics } = yield* times.measure(step.run(store, [batch(sequences, i)], 1e-3))
      loss = metrics["loss"]!
    }
    const used = process.resourceUsage().maxRSS * 1024 - before
    // Steps and products take turns, so that both meet the same neighbours.
    const reference = yield* products(device)
    for (let i = 0; i < steps; i++) {
      yield* times.measure(step.run(store, [batch(sequences, i)], 1e-3))
      yield* alone.measure(reference.program.run(reference.feeds, reference.program.graph.outputs))
    }
    const state = 3 * 4 * parameters
    const saved = savedBytes(graph)
    const rate = (work: number, milliseconds: number): number => work / milliseconds / 1e6
    const line = (what: keyof Timings & ("clock" | "processor")): string => {
      const [own, theirs] = [times[what], alone[what]].map((all) => quantile(all, 0.5)) as [number, number]
      const [fast, best] = [rate(flops, own), rate(reference.flops, theirs)]
      return `${fast.toFixed(0)} of ${best.toFixed(0)} GFLOP/s (${((100 * fast) / best).toFixed(0)} %)`
    }
    const [median, least] = [quantile(times.clock, 0.5), quantile(times.clock, 0)]
    return [
      name,
      `${median.toFixed(0)} (${least.toFixed(0)})`,
      ((rows * 1000) / median).toFixed(0),
      line("clock"),
      line("processor"),
      megabytes(used),
      `${megabytes(state)} + ${megabytes(saved)}`,
      (used / (state + saved)).toFixed(2),
      loss.toFixed(3),
    ]
  })

const head = [
  "a step keeps",
  "ms, median (best)",
  "tokens/s",
  "of products alone, by the clock",
  "by processor time",
  "memory, MB",
  "state + kept, MB",
  "ratio",
  "loss",
]

const printRow = (cells: readonly string[]): void => console.log(`| ${cells.join(" | ")} |`)

const own = fileURLToPath(import.meta.url)

if (values.keeping !== undefined)
  console.log(JSON.stringify(await Effect.runPromise(Effect.scoped(measure(values.keeping)))))
else {
  console.log(
    `${size.layers} layers of width ${size.width}, ${sequences}×${size.length} tokens, ${threads} threads\n`,
  )
  printRow(head)
  printRow(head.map(() => "---"))
  for (const keeping of Object.keys(keepings)) {
    const same = (["steps", "threads", "sequences"] as const).flatMap((name) => [`--${name}`, values[name]])
    const options = ["--import", "tsx", own, "--keeping", keeping, ...same]
    // As `parade train` starts itself, where the user has not said otherwise.
    const env = { GLIBC_TUNABLES: "glibc.malloc.hugetlb=1", ...process.env }
    const result = execFileSync(process.execPath, options, { encoding: "utf8", env })
    printRow(JSON.parse(result) as readonly string[])
  }
  if (values.peer !== undefined)
    console.log(`\nThe peer: ${execFileSync("bash", ["-c", values.peer], { encoding: "utf8" }).trim()}`)
}
