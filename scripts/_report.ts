import { relative } from "node:path"
import type { TestEvent } from "node:test/reporters"
import { inspect } from "node:util"

const isSuite = (data: { readonly details?: { readonly type?: string } }): boolean =>
  data.details?.type === "suite"

/** Prints what failed as it fails, then the counts, and every reason for a skip with how often it was given. Whether all passed. */
export const report = async (
  source: AsyncIterable<TestEvent>,
  write: (text: string) => void,
): Promise<boolean> => {
  const started = performance.now()
  const slowest: { name: string; milliseconds: number }[] = []
  const skips = new Map<string, number>()
  const failures: string[] = []
  let passed = 0
  let todo = 0
  for await (const event of source) {
    if (event.type === "test:pass" || event.type === "test:fail") {
      const { data } = event
      const file = data.file === undefined ? "" : relative(process.cwd(), data.file)
      // A file is reported as a test of its own name; it counts only when it fails without a test to blame.
      if (event.type === "test:fail") {
        const error = event.data.details.error
        const cause: unknown = error.cause ?? error
        if (isSuite(data) || /subtests? failed/.test(String(error.message))) continue
        failures.push(`${file} ${data.name}`)
        write(
          `✖ ${file}: ${data.name}\n${cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause)}\n\n`,
        )
      } else if (data.skip !== undefined && data.skip !== false) {
        const reason = typeof data.skip === "string" ? data.skip : "no reason given"
        skips.set(reason, (skips.get(reason) ?? 0) + 1)
      } else if (data.todo !== undefined && data.todo !== false) todo++
      else if (!isSuite(data) && data.nesting === 0) {
        passed++
        slowest.push({ name: `${file}: ${data.name}`, milliseconds: data.details.duration_ms })
      } else if (!isSuite(data)) passed++
    } else if (event.type === "test:stderr") write(event.data.message)
  }
  slowest.sort((a, b) => b.milliseconds - a.milliseconds)
  for (const { name, milliseconds } of slowest.slice(0, 5))
    if (milliseconds > 2000) write(`slow: ${(milliseconds / 1000).toFixed(1)} s  ${name}\n`)
  for (const [reason, count] of skips) write(`skipped ${count}: ${reason}\n`)
  for (const failure of failures) write(`failed: ${failure}\n`)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const skipped = [...skips.values()].reduce((sum, count) => sum + count, 0)
  write(
    `${passed} passed, ${failures.length} failed, ${skipped} skipped${todo > 0 ? `, ${todo} unfinished` : ""} in ${seconds} s\n`,
  )
  return failures.length === 0 && passed > 0
}
