import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import { Progress, type ProgressReport, reportProgress, reportTask } from "./progress.ts"

test("Progress is told to who is provided, and to nobody otherwise.", () => {
  const report: ProgressReport = { task: "Reading", done: 1, total: undefined, unit: "steps" }
  const seen: ProgressReport[] = []
  Effect.runSync(reportProgress(report))
  Effect.runSync(reportProgress(report).pipe(Effect.provideService(Progress, (told) => seen.push(told))))
  Effect.runSync(reportTask("Opening").pipe(Effect.provideService(Progress, (told) => seen.push(told))))
  assert.deepEqual(seen, [report, { task: "Opening", done: 0, total: undefined, unit: "steps" }])
})
