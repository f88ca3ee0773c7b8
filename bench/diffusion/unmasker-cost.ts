import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { bidirectional, firstRows, type Model, type ParadeError, readoutNames, tokenRows } from "@parade/core"
import { creditDecoding } from "@parade/credit-decoding"
import type { Unmasker } from "@parade/denoising"
import { dualCache } from "@parade/dual-cache"
import { entropyThreshold } from "@parade/entropy-threshold"
import { factor } from "@parade/factor"
import { fixedCount } from "@parade/fixed-count"
import { argmaxRows, GraphBuilder, ops, tensor } from "@parade/graph"
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
import { processorTime, runRounds, timed } from "./steps.ts"

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

/** What the search for the greatest of each row costs inside a graph: taken off the forward that does nothing else. */
const argmaxCost = (vocabulary: number, rounds: number): Effect.Effect<number, ParadeError, Scope> =>
  Effect.gen(function* () {
    const device = yield* openDevice("cpu", { threads: 1 })
    const programs = yield* Effect.all(
      [false, true].map((searches) => {
        const g = new GraphBuilder("argmax", { kind: "fused" })
        const logits = ops.add(
          g,
          g.input("x", "float32", ["R", vocabulary]),
          g.constant("float32", [1, 1], [1]),
        )
        g.output("first", ops.gather(g, logits, g.constant("int64", [1], [0]), 1))
        if (searches) g.output(readoutNames.argmax, argmaxRows(g, logits))
        return device.compile(g.build())
      }),
    )
    const x = tensor(
      "float32",
      [rows, vocabulary],
      Float32Array.from({ length: rows * vocabulary }, (_, i) => (i * 7919) % 1013),
    )
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++)
      for (const [i, program] of programs.entries()) {
        const started = processorTime()
        yield* program.run({ x }, [{ name: "first" }])
        times[i]!.push(processorTime() - started)
      }
    return median(times[1]) - median(times[0])
  })

/** Steps that ask for the likeliest token of each row and nothing else; the search for it is part of them. */
const argmaxSteps = (model: Model, count: number): Effect.Effect<readonly number[], ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* contiguous().make(yield* model.makeStore)
      const cached = promptLength + canvas - rows
      yield* model.forward(tokenRows(firstRows(cached), 0), { cache, outputs: [], phase: "prefill" })
      yield* cache.commit(firstRows(cached))
      const times: number[] = []
      for (let i = 0; i < count; i++) {
        const started = processorTime()
        yield* model.forward(tokenRows(firstRows(rows), cached), {
          cache,
          visibility: bidirectional(rows),
          outputs: [{ name: readoutNames.argmax, rows: firstRows(rows) }],
          phase: "step",
        })
        times.push(processorTime() - started)
      }
      return times
    }),
  )

/** Steps of a canvas under way, its block recomputed and all else cached. */
const stepsWith = (
  model: Model,
  unmasker: Unmasker,
  count: number,
): Effect.Effect<readonly number[], ParadeError> =>
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
    yield* runRounds(decoder, prompt, canvas, count + 2)
    return watched
      .steps()
      .filter((step) => step.rows === rows)
      .map(({ forward, host }) => forward + host)
  })

/** Times the three are measured in turn, so that what the machine does meanwhile hits all alike. */
const turns = 4

/** What unmaskers add to a step of 32 rows, from whole rows of the vocabulary and from readouts of them. */
export const unmaskerCosts = (source: string, rounds: number): Effect.Effect<string, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const model = yield* Effect.all({
        argmax: openForPrices(source, [readoutNames.argmax]),
        whole: openForPrices(source, []),
        few: openForPrices(source, [readoutNames.readout]),
      })
      const search = yield* argmaxCost(model.whole.info.vocabularySize, 4 * rounds)
      const lines: string[][] = []
      const forwards: number[] = []
      const count = Math.max(2, Math.ceil(rounds / turns))
      for (const unmasker of unmaskers) {
        const times: Record<keyof typeof model, number[]> = { argmax: [], whole: [], few: [] }
        for (let turn = 0; turn < turns; turn++) {
          times.argmax.push(...(yield* argmaxSteps(model.argmax, count)))
          times.whole.push(...(yield* stepsWith(model.whole, unmasker, count)))
          times.few.push(...(yield* stepsWith(model.few, unmasker, count)))
        }
        const bare = median(times.argmax) - search
        forwards.push(bare)
        const cells = [unmasker.name]
        for (const step of [median(times.whole), median(times.few)])
          cells.push((step - bare).toFixed(2), `${((100 * (step - bare)) / step).toFixed(1)} %`)
        lines.push(cells)
      }
      const { info } = model.whole
      const headings = ["unmasker", "whole rows, ms", "of a step", "readouts, ms", "of a step"]
      return [
        `${info.name}, ${info.vocabularySize} tokens of vocabulary, ${machineOf()}: what a step of ${rows} rows takes beyond the forward`,
        `(${median(forwards).toFixed(1)} ms), in processor time of one thread, medians of ${count * turns} steps in turns`,
        "",
        table(headings, lines, makePaint(false)),
      ].join("\n")
    }),
  )
