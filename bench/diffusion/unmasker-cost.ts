import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { type Model, type ParadeError, readoutNames } from "@parade/core"
import { creditDecoding } from "@parade/credit-decoding"
import type { Unmasker } from "@parade/denoising"
import { dualCache } from "@parade/dual-cache"
import { entropyThreshold } from "@parade/entropy-threshold"
import { factor } from "@parade/factor"
import { fixedCount } from "@parade/fixed-count"
import { GraphBuilder, ops, tensor } from "@parade/graph"
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
import { nodeTimes } from "./node-times.ts"
import { openForPrices } from "./open-model.ts"
import { processorTime, runRounds, type Step, timed } from "./steps.ts"

const rows = 32
const [promptLength, canvas] = [64, 64]
const prompt = Array.from({ length: promptLength }, (_, i) => 100 + 7 * i)

const credit = creditDecoding({
  rule: threshold({ threshold: 2 }),
  strength: 0.65,
  decay: 0.7,
  exponent: 0.2,
})

/** Rules that never find anything sure, so that every step has all but the few rows filled so far open. */
const subjects: readonly { readonly unmasker: Unmasker; readonly temperature: number }[] = [
  ...[
    fixedCount({ by: "confidence" }),
    threshold({ threshold: 2 }),
    factor({ factor: 0 }),
    entropyThreshold({ threshold: 0 }),
    marginThreshold({ threshold: 2 }),
    localleap({ threshold: 2, relaxed: 2, radius: 4 }),
    credit,
  ].map((unmasker) => ({ unmasker, temperature: 0 })),
  ...[1, 0.7].map((temperature) => ({ unmasker: threshold({ threshold: 2 }), temperature })),
]

/** Ways to give logits out: as whole rows, as readouts, as readouts of which entropies are made, with tokens drawn beside them. */
type Way = "copied" | "readout" | "entropy" | "drawn" | "drawn, tempered"

/** What it takes to copy rows of the vocabulary out of a graph: one of nothing else, with and without that, in turns. */
const copyCost = (vocabulary: number, rounds: number): Effect.Effect<number, ParadeError, Scope> =>
  Effect.gen(function* () {
    const device = yield* openDevice("cpu", { threads: 1 })
    const g = new GraphBuilder("copy", { kind: "fused" })
    const logits = ops.add(g, g.input("x", "float32", [rows, vocabulary]), g.constant("float32", [1, 1], [1]))
    g.output("first", ops.gather(g, logits, g.constant("int64", [1], [0]), 1))
    g.output("logits", logits)
    const program = yield* device.compile(g.build())
    const x = tensor("float32", [rows, vocabulary], new Float32Array(rows * vocabulary).fill(1))
    const took = (names: readonly string[]): Effect.Effect<number, ParadeError> =>
      Effect.suspend(() => {
        const started = processorTime()
        const fetches = names.map((name) => ({ name }))
        return Effect.map(program.run({ x }, fetches), () => processorTime() - started)
      })
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      times[0].push(yield* took(["first"]))
      times[1].push(yield* took(["first", "logits"]))
    }
    return median(times[1]) - median(times[0])
  })

const isReading = (node: string): boolean => node.startsWith(`${readoutNames.readout}/`)

/** The first steps of a canvas find nothing of what they need in the processor's caches. */
const cold = 4

/** Steps of a canvas under way, its block recomputed and all else cached. */
const stepsWith = (
  model: Model,
  unmasker: Unmasker,
  count: number,
  temperature = 0,
): Effect.Effect<readonly Step[], ParadeError> =>
  Effect.gen(function* () {
    const watched = timed(model)
    const telling: Unmasker = {
      ...unmasker,
      open: (context) => {
        const unmasking = unmasker.open(context)
        const propose: typeof unmasking.propose = (view) => {
          const proposed = unmasking.propose(view)
          watched.decided()
          return proposed
        }
        return { ...unmasking, propose }
      },
    }
    const decoder = maskedDiffusion({
      model: watched.model,
      unmasker: telling,
      sampler: standardSampler({ temperature }),
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

/** What the nodes that make readouts take in steps of a canvas. */
const readingCost = (
  source: string,
  output: string,
  count: number,
  temperature = 0,
): Effect.Effect<number, ParadeError> =>
  Effect.map(
    nodeTimes(
      isReading,
      Effect.flatMap(openForPrices(source, [output]), (model) =>
        Effect.asVoid(stepsWith(model, fixedCount({ by: "confidence" }), count, temperature)),
      ),
    ),
    (times) => median(times.slice(cold)),
  )

/** Times each way is measured in turn, so that what the machine does meanwhile hits both alike. */
const turns = 2

/**
 * What unmaskers cost a step of 32 rows, from whole rows of the vocabulary and from readouts of them: what the graph does to
 * give them out, and what happens from the end of the forward until the unmasker has decided; and that with all else between two
 * forwards: canvas, events, a turn of the event loop, the rows of the next forward. Each is measured for itself, so that the noise
 * of forwards, which take many times as long, is not in it.
 */
export const unmaskerCosts = (source: string, rounds: number): Effect.Effect<string, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const count = Math.max(2, Math.ceil(rounds / turns))
      const given: Record<Way, number> = {
        copied: 0,
        readout: yield* readingCost(source, readoutNames.readout, rounds),
        entropy: yield* readingCost(source, readoutNames.entropy, rounds),
        drawn: yield* readingCost(source, readoutNames.readout, rounds, 1),
        "drawn, tempered": yield* readingCost(source, readoutNames.readout, rounds, 0.7),
      }
      const withReadouts = yield* openForPrices(source, [readoutNames.readout])
      const ways: Readonly<Record<Way, Model>> = {
        copied: yield* openForPrices(source, []),
        readout: withReadouts,
        entropy: yield* openForPrices(source, [readoutNames.entropy]),
        drawn: withReadouts,
        "drawn, tempered": withReadouts,
      }
      const { info } = ways.copied
      given.copied = yield* copyCost(info.vocabularySize, 2 * rounds)
      const lines: {
        readonly name: string
        readonly least: Way
        readonly hosts: Readonly<Record<"copied" | "least", readonly Step[]>>
      }[] = []
      const forwards: number[] = []
      for (const { unmasker, temperature } of subjects) {
        const read = unmasker.readsEntropy === true ? "entropy" : "readout"
        const least = temperature === 0 ? read : temperature === 1 ? "drawn" : "drawn, tempered"
        const hosts = { copied: [] as Step[], least: [] as Step[] }
        for (let turn = 0; turn < turns; turn++)
          for (const way of ["copied", "least"] as const)
            for (const step of yield* stepsWith(
              ways[way === "least" ? least : way],
              unmasker,
              count,
              temperature,
            )) {
              hosts[way].push(step)
              if (way === "least") forwards.push(step.forward - given[least])
            }
        const name = temperature > 0 ? `${unmasker.name}, temperature ${temperature}` : unmasker.name
        lines.push({ name, least, hosts })
      }
      const bare = median(forwards)
      const cells = (steps: readonly Step[], way: Way): readonly string[] => {
        const cost = median(steps.map(({ decision }) => decision)) + given[way]
        const all = median(steps.map(({ host }) => host)) + given[way]
        const share = (part: number): string => `${((100 * part) / (bare + all)).toFixed(1)} %`
        return [cost.toFixed(2), share(cost), share(all)]
      }
      return [
        `${info.name}, ${info.vocabularySize} tokens of vocabulary, ${machineOf()}: what it takes to give predictions out and to decide`,
        `on them, beside a forward of ${rows} rows (${bare.toFixed(1)} ms of processor time of one thread), and with all else that happens`,
        `between two forwards. Medians of ${count * turns} steps in turns. Of it the graph takes ${given.copied.toFixed(2)} ms to copy whole rows out,`,
        `${given.readout.toFixed(2)} ms to make readouts, ${given.entropy.toFixed(2)} ms with entropies, ${given.drawn.toFixed(2)} ms where tokens are drawn at`,
        `temperature 1, ${given["drawn, tempered"].toFixed(2)} ms at another.`,
        "",
        table(
          [
            "unmasker",
            "whole rows, ms",
            "of a step",
            "with all else",
            "readouts, ms",
            "of a step",
            "with all else",
          ],
          lines.map(({ name, least, hosts }) => [
            name,
            ...cells(hosts.copied, "copied"),
            ...cells(hosts.least, least),
          ]),
          makePaint(false),
        ),
      ].join("\n")
    }),
  )
