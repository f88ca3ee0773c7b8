import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { type Model, type ParadeError, readoutNames, readoutTop } from "@parade/core"
import { creditDecoding } from "@parade/credit-decoding"
import type { Unmasker } from "@parade/denoising"
import { dualCache } from "@parade/dual-cache"
import { entropyThreshold } from "@parade/entropy-threshold"
import { factor } from "@parade/factor"
import { fixedCount } from "@parade/fixed-count"
import { GraphBuilder, ops, readoutRows, tensor, type Value } from "@parade/graph"
import { localleap } from "@parade/localleap"
import { marginThreshold } from "@parade/margin-threshold"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { openDevice } from "@parade/onnx"
import { standardSampler } from "@parade/standard-sampler"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { median } from "../../cli/bench/statistics.ts"
import { makePaint } from "../../cli/colour.ts"
import { table } from "../../cli/table.ts"
import { machineOf } from "./machine.ts"
import { openForPrices } from "./open-model.ts"
import { processorTime, runRounds, type Step, timed } from "./steps.ts"

const rows = 32
const [promptLength, canvas] = [64, 128]
const prompt = Array.from({ length: promptLength }, (_, i) => 100 + 7 * i)

/** Rules that never find anything sure, so that every step has all but the few rows filled so far open. */
const unmaskers: readonly Unmasker[] = [
  fixedCount({ by: "confidence" }),
  threshold({ threshold: 2 }),
  factor({ factor: 0 }),
  entropyThreshold({ threshold: 0 }),
  marginThreshold({ threshold: 2 }),
  localleap({ threshold: 2, relaxed: 2, radius: 4 }),
  creditDecoding({ rule: threshold({ threshold: 2 }), strength: 0.65, decay: 0.7, exponent: 0.2 }),
]

/** What a graph does with logits beside making them. */
type Reduction = (g: GraphBuilder, logits: Value) => void

const zeros = Array.from({ length: rows }, () => 0)

/** Ways to give logits out: as whole rows, as readouts, as readouts of which entropies are made. */
type Way = "copied" | "readout" | "entropy"

const readout =
  (entropy: boolean): Reduction =>
  (g, logits) => {
    const made = readoutRows(g, logits, readoutTop + 1, g.constant("int64", [rows, 1], zeros), entropy)
    g.output("readout", made.entropy ?? made.readout)
  }

const reductions: Readonly<Record<"bare" | Way, Reduction>> = {
  bare: () => {},
  copied: (g, logits) => g.output("logits", logits),
  readout: readout(false),
  entropy: readout(true),
}

/** What it costs to give logits out of a graph, whole and as readouts: graphs of nothing else, in turns. */
const reductionCosts = (
  vocabulary: number,
  rounds: number,
): Effect.Effect<Readonly<Record<Way, number>>, ParadeError, Scope> =>
  Effect.gen(function* () {
    const device = yield* openDevice("cpu", { threads: 1 })
    const names = ["bare", "copied", "readout", "entropy"] as const
    const programs = yield* Effect.all(
      names.map((name) => {
        const g = new GraphBuilder(name, { kind: "fused" })
        const logits = ops.add(
          g,
          g.input("x", "float32", [rows, vocabulary]),
          g.constant("float32", [1, 1], [1]),
        )
        g.output("first", ops.gather(g, logits, g.constant("int64", [1], [0]), 1))
        reductions[name](g, logits)
        return device.compile(g.build())
      }),
    )
    // Of the spread of logits: exponentials that underflow take longer.
    const x = tensor(
      "float32",
      [rows, vocabulary],
      Float32Array.from({ length: rows * vocabulary }, (_, i) => ((i * 7919) % 1013) / 50),
    )
    const times = names.map((): number[] => [])
    for (let round = 0; round < rounds; round++)
      for (const [i, program] of programs.entries()) {
        const started = processorTime()
        yield* program.run({ x }, program.graph.outputs)
        times[i]!.push(processorTime() - started)
      }
    const [bare, copied, few, more] = times.map(median) as [number, number, number, number]
    return { copied: copied - bare, readout: few - bare, entropy: more - bare }
  })

/** The first steps of a canvas find nothing of what they need in the processor's caches. */
const cold = 4

/** Steps of a canvas under way, its block recomputed and all else cached. */
const stepsWith = (
  model: Model,
  unmasker: Unmasker,
  count: number,
): Effect.Effect<readonly Step[], ParadeError> =>
  Effect.gen(function* () {
    const watched = timed(model)
    const decoder = maskedDiffusion({
      model: watched.model,
      unmasker,
      sampler: standardSampler(),
      schedule: blocks({ length: rows }),
      refresh: dualCache(),
      cache: contiguous(),
    })
    yield* runRounds(decoder, prompt, canvas, count + cold + 2)
    return watched
      .steps()
      .filter((step) => step.rows === rows)
      .slice(cold)
  })

/** Times each way is measured in turn, so that what the machine does meanwhile hits both alike. */
const turns = 3

/**
 * What unmaskers cost a step of 32 rows, from whole rows of the vocabulary and from readouts of them: what the graph does to
 * give them out, and all that happens between two forwards. Each is measured for itself, so that the noise of forwards, which
 * take many times as long, is not in it.
 */
export const unmaskerCosts = (source: string, rounds: number): Effect.Effect<string, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const ways: Readonly<Record<Way, Model>> = {
        copied: yield* openForPrices(source, []),
        readout: yield* openForPrices(source, [readoutNames.readout]),
        entropy: yield* openForPrices(source, [readoutNames.entropy]),
      }
      const { info } = ways.copied
      const given = yield* reductionCosts(info.vocabularySize, 4 * rounds)
      const lines: {
        readonly name: string
        readonly least: Way
        readonly copied: number
        readonly read: number
      }[] = []
      const forwards: number[] = []
      const count = Math.max(2, Math.ceil(rounds / turns))
      for (const unmasker of unmaskers) {
        const least = unmasker.readsEntropy === true ? "entropy" : "readout"
        const hosts: Record<Way, number[]> = { copied: [], readout: [], entropy: [] }
        // The first turn is not counted: it is slower by what the engine has yet to compile.
        for (let turn = 0; turn <= turns; turn++)
          for (const way of ["copied", least] as const)
            for (const { forward, host } of yield* stepsWith(ways[way], unmasker, count)) {
              if (turn === 0) continue
              hosts[way].push(host)
              if (way === least) forwards.push(forward - given[least])
            }
        lines.push({ name: unmasker.name, least, copied: median(hosts.copied), read: median(hosts[least]) })
      }
      const bare = median(forwards)
      const share = (host: number, way: Way): readonly string[] => {
        const cost = host + given[way]
        return [cost.toFixed(2), `${((100 * cost) / (bare + cost)).toFixed(1)} %`]
      }
      const headings = ["unmasker", "whole rows, ms", "of a step", "readouts, ms", "of a step"]
      return [
        `${info.name}, ${info.vocabularySize} tokens of vocabulary, ${machineOf()}: what a step of ${rows} rows takes beyond the forward`,
        `(${bare.toFixed(1)} ms), in processor time of one thread, medians of ${count * turns} steps in turns. Of it the graph takes`,
        `${given.copied.toFixed(2)} ms to copy whole rows out, ${given.readout.toFixed(2)} ms to make readouts, ${given.entropy.toFixed(2)} ms with entropies.`,
        "",
        table(
          headings,
          lines.map(({ name, least, copied, read }) => [
            name,
            ...share(copied, "copied"),
            ...share(read, least),
          ]),
          makePaint(false),
        ),
      ].join("\n")
    }),
  )
