import { spread } from "../cli/bench/statistics.ts"
import { quiet } from "./_quiet.ts"
import { type Engine, type Ready, startWorker } from "./_worker.ts"

/** Starts every engine several times, in turns, each time in a fresh process; the Markdown table. */
export const compareLoad = async (engines: readonly Engine[], rounds: number): Promise<string> => {
  const measured = new Map<string, (Ready & { readonly peak: number })[]>(
    engines.map(({ name }) => [name, []]),
  )
  // One start that does not count: files come into the page cache, and what is kept on disk is made.
  for (let round = -1; round < rounds; round++)
    for (const engine of engines) {
      await quiet(3000)
      const worker = await startWorker(engine)
      const { peakBytes } = await worker.generate([1, 2, 3, 4], 2)
      await worker.stop()
      if (round >= 0) measured.get(engine.name)!.push({ ...worker.ready, peak: peakBytes })
    }
  const rows = [...measured].map(([name, starts]) => {
    const load = spread(starts.map(({ loadMs }) => loadMs))
    const whole = spread(starts.map(({ processMs }) => processMs))
    const resident = spread(starts.map(({ residentBytes }) => residentBytes / 1e6))
    const peak = spread(starts.map((start) => start.peak / 1e6))
    const range = (value: typeof load): string =>
      `${value.median.toFixed(0)} (${value.min.toFixed(0)}–${value.max.toFixed(0)})`
    return `| ${[name, range(load), range(whole), range(resident), range(peak)].join(" | ")} |`
  })
  return [
    "| engine | load ms (range) | process start to ready ms | resident MB when ready | peak MB after a first answer |",
    "|---|--:|--:|--:|--:|",
    ...rows,
  ].join("\n")
}
