import { blocks } from "@parade/blocks"
import { contiguous } from "@parade/contiguous"
import { type ParadeError, readoutNames } from "@parade/core"
import { dualCache } from "@parade/dual-cache"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { standardSampler } from "@parade/standard-sampler"
import { threshold } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { median } from "../../cli/bench/statistics.ts"
import { makePaint } from "../../cli/colour.ts"
import { table } from "../../cli/table.ts"
import { machineOf } from "./machine.ts"
import { openForPrices } from "./open-model.ts"
import { runRounds, timed } from "./steps.ts"

const prompt = Array.from({ length: 64 }, (_, i) => 100 + 7 * i)

/** What a step costs by the canvas and by the block, cached in both directions, and what the full step costs. */
export const stepCosts = (source: string, rounds: number): Effect.Effect<string, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const model = yield* openForPrices(source, [readoutNames.readout])
      const lines: string[][] = []
      for (const [canvas, block] of [
        [128, 32],
        [256, 32],
        [512, 32],
        [1024, 32],
        [2048, 32],
        [512, 8],
        [512, 16],
        [512, 64],
        [512, 128],
      ] as const) {
        const watched = timed(model)
        const decoder = maskedDiffusion({
          model: watched.model,
          unmasker: threshold({ threshold: 2 }),
          sampler: standardSampler(),
          schedule: blocks({ length: block }),
          refresh: dualCache(),
          cache: contiguous(),
        })
        yield* runRounds(decoder, prompt, canvas, Math.min(rounds + 2, block))
        const steps = watched.steps()
        const cached = steps.filter(({ rows }) => rows === block).map(({ forward, host }) => forward + host)
        const full = steps.filter(({ rows }) => rows > block).map(({ forward, host }) => forward + host)
        lines.push([String(canvas), String(block), median(cached).toFixed(1), median(full).toFixed(0)])
      }
      return [
        `${model.info.name}, ${machineOf()}: a step by canvas and active block, in processor time of one thread`,
        "",
        table(["canvas", "block", "cached step, ms", "full step, ms"], lines, makePaint(false)),
      ].join("\n")
    }),
  )
