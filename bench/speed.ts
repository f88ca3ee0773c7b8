import { median, pairedRatios, type Spread, spread } from "../cli/bench/statistics.ts"
import { quiet, watched } from "./_quiet.ts"
import { type Answer, type Engine, startWorker, type Worker } from "./_worker.ts"

/** A prompt as token ids, the same for every engine. */
export interface SpeedPrompt {
  readonly name: string
  readonly length: "short" | "long"
  readonly ids: readonly number[]
}

interface Timing {
  readonly engine: string
  readonly prompt: SpeedPrompt
  readonly round: number
  readonly answer: Answer
  readonly disturbed: boolean
}

/** Decode: tokens per second after the first. Prefill: prompt tokens per second until the first. */
const decodeSpeed = ({ answer }: Timing): number =>
  ((answer.at.length - 1) * 1000) / (answer.at.at(-1)! - answer.at[0]!)

const prefillSpeed = ({ answer, prompt }: Timing): number => (prompt.ids.length * 1000) / answer.at[0]!

const timed = async (
  worker: Worker,
  prompt: SpeedPrompt,
  count: number,
): Promise<{ answer: Answer; disturbed: boolean }> => {
  for (let attempt = 0; ; attempt++) {
    const { value, foreign } = await watched([worker.pid, process.pid], () =>
      worker.generate(prompt.ids, count),
    )
    if (foreign < 0.1) return { answer: value, disturbed: false }
    if (attempt === 2) return { answer: value, disturbed: true }
    await quiet()
  }
}

const cell = (value: Spread): string =>
  `${value.median.toFixed(0)} (${value.low.toFixed(0)}–${value.high.toFixed(0)})`

const table = (timings: readonly Timing[], names: readonly string[]): string => {
  const of = (engine: string, length: string): Timing[] =>
    timings.filter((timing) => timing.engine === engine && timing.prompt.length === length)
  const speeds = (engine: string, length: string, value: (timing: Timing) => number): number[] =>
    of(engine, length).map(value)
  const rows = names.map((name) => {
    const ratio = (length: string): string => {
      const ratios = pairedRatios(speeds(names[0]!, length, decodeSpeed), speeds(name, length, decodeSpeed))
      return median(ratios).toFixed(2)
    }
    const own = timings.filter((timing) => timing.engine === name)
    const peak = Math.max(...own.map(({ answer }) => answer.peakBytes)) / 1e6
    const cells = (["short", "long"] as const).flatMap((length) => [
      cell(spread(speeds(name, length, decodeSpeed))),
      ratio(length),
      cell(spread(speeds(name, length, prefillSpeed))),
    ])
    return `| ${[name, ...cells, peak.toFixed(0), own.filter(({ disturbed }) => disturbed).length].join(" | ")} |`
  })
  const first = names[0]!
  return [
    `| engine | decode tok/s, short | ${first} is × | prefill tok/s, short | decode tok/s, long | ${first} is × | prefill tok/s, long | peak MB | disturbed |`,
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ...rows,
  ].join("\n")
}

/** Plain greedy decoding by every engine on the same ids, in turns; the Markdown table. */
export const compareSpeed = async (
  engines: readonly Engine[],
  prompts: readonly SpeedPrompt[],
  rounds: number,
  count: number,
): Promise<string> => {
  const workers: Worker[] = []
  try {
    for (const engine of engines) workers.push(await startWorker(engine))
    // One prompt of each length: the first long one also takes the memory that those after it find there.
    const warmUp = (["short", "long"] as const).flatMap(
      (length) => prompts.find((prompt) => prompt.length === length) ?? [],
    )
    for (const worker of workers) for (const { ids } of warmUp) await worker.generate(ids, 8)
    const timings: Timing[] = []
    for (let round = 0; round < rounds; round++)
      for (const [at, prompt] of prompts.entries())
        for (let turn = 0; turn < workers.length; turn++) {
          const worker = workers[(turn + at + round) % workers.length]!
          timings.push({ engine: worker.name, prompt, round, ...(await timed(worker, prompt, count)) })
        }
    // In the order of rounds and prompts for every engine, so that ratios pair neighbours.
    timings.sort((a, b) => a.round - b.round || prompts.indexOf(a.prompt) - prompts.indexOf(b.prompt))
    return table(
      timings,
      workers.map(({ name }) => name),
    )
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}
