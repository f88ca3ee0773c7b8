import type { StepRecord } from "@parade/training"
import { duration, type Pace } from "./pace.ts"
import { sparkline } from "./sparkline.ts"

const barWidth = 20

/** The line that is always the newest step. */
export const liveLine = (record: StepRecord, steps: number, pace: Pace): string => {
  const filled = Math.round((barWidth * record.step) / steps)
  return [
    `${"━".repeat(filled)}${"╌".repeat(barWidth - filled)} ${record.step}/${steps}`,
    `loss ${pace.loss.toFixed(3)}`,
    `${pace.tokensPerSecond.toFixed(0)} tok/s`,
    `${duration((steps - record.step) * pace.secondsPerStep)} left`,
    sparkline(pace.losses, 24),
  ].join("  ")
}

/** What an evaluation gave, on one line. */
export const evaluationLine = (record: StepRecord, steps: number, pace: Pace): string => {
  const figures = Object.entries(record.evaluation ?? {})
    // Parts of a figure are in the report.
    .filter(([name]) => !name.includes("/"))
    .map(([name, value]) => `${name} ${value.toFixed(3)}`)
  return [
    `step ${record.step}/${steps}`,
    `loss ${pace.loss.toFixed(3)}`,
    ...figures,
    `${pace.tokensPerSecond.toFixed(0)} tok/s`,
  ].join("  ")
}
