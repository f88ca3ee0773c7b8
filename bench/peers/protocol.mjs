import { createInterface } from "node:readline"

/**
 * The worker's side of a measurement. Says `{ready, loadMs, residentBytes}` once, then answers each line
 * `{ids, count}` with `{tokens, at, residentBytes, peakBytes}`; `at[i]` is when token `i` was there, in ms.
 */
export const serve = async (load) => {
  const started = performance.now()
  const generate = await load()
  const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
  say({ ready: true, loadMs: performance.now() - started, residentBytes: process.memoryUsage.rss() })
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await generate(JSON.parse(line))
    const peakBytes = process.resourceUsage().maxRSS * 1024
    say({ ...answer, residentBytes: process.memoryUsage.rss(), peakBytes })
  }
  process.exit(0)
}
