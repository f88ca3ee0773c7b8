import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { type Decoder, type Model, type ParadeError, readoutNames } from "@parade/core"
import { dualCache } from "@parade/dual-cache"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { standardSampler } from "@parade/standard-sampler"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { median } from "../../cli/bench/statistics.ts"
import { makePaint } from "../../cli/colour.ts"
import { table } from "../../cli/table.ts"
import { machineOf } from "./machine.ts"
import { nodeTimes } from "./node-times.ts"
import { openForPrices } from "./open-model.ts"
import { runRounds, timed } from "./steps.ts"

const prompt = Array.from({ length: 64 }, (_, i) => 100 + 7 * i)

/** Attention to all rows that are seen, cached and new: where many are new, their keys and values are copied together first. */
const isAttending = (node: string): boolean => /^layer\d+\/mix\//.test(node)

const decoderOf = (model: Model, block: number): Decoder =>
  maskedDiffusion({
    model,
    unmasker: threshold({ threshold: 2 }),
    sampler: standardSampler(),
    schedule: blocks({ length: block }),
    refresh: dualCache(),
    cache: contiguous(),
  })

const sizes = [
  [128, 32],
  [256, 32],
  [512, 32],
  [1024, 32],
  [2048, 32],
  [512, 8],
  [512, 16],
  [512, 64],
  [512, 128],
] as const

/** What a step costs by the canvas and by the block, cached in both directions, and what the full step costs. */
export const stepCosts = (source: string, rounds: number): Effect.Effect<string, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const outputs = [readoutNames.readout]
      const model = yield* openForPrices(source, outputs)
      const lines: string[][] = []
      for (const [canvas, block] of sizes) {
        const count = Math.min(rounds + 2, block)
        const watched = timed(model)
        yield* runRounds(decoderOf(watched.model, block), prompt, canvas, count)
        const steps = watched.steps()
        const cached = steps.filter(({ rows }) => rows === block).map(({ forward, host }) => forward + host)
        const full = steps.filter(({ rows }) => rows > block).map(({ forward, host }) => forward + host)
        // The first of the block is the full step.
        const [, ...attending] = yield* nodeTimes(
          isAttending,
          Effect.flatMap(openForPrices(source, outputs), (profiled) =>
            runRounds(decoderOf(profiled, block), prompt, canvas, count),
          ),
        )
        const cells = [median(cached), median(attending), median(cached) - median(attending)]
        lines.push([
          String(canvas),
          String(block),
          ...cells.map((cell) => cell.toFixed(1)),
          median(full).toFixed(0),
        ])
      }
      return [
        `${model.info.name}, ${machineOf()}: a step by canvas and active block, in processor time of one thread;`,
        "attention by onnxruntime's profile of the same steps",
        "",
        table(
          ["canvas", "block", "cached step, ms", "attention", "all else", "full step, ms"],
          lines,
          makePaint(false),
        ),
      ].join("\n")
    }),
  )
