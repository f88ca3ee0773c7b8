/** The rate of each step, counted from 1. */
export type Schedule = (step: number) => number

/** The same rate at every step. */
export const constantSchedule =
  (rate: number): Schedule =>
  () =>
    rate

/** What schedules with a warm-up share. */
export interface ScheduleOptions {
  readonly peak: number
  readonly steps: number
  /** Steps in which the rate rises from nothing. Defaults to 0. */
  readonly warmup?: number
  /** The rate at the end, as a share of the peak. Defaults to 0. */
  readonly floor?: number
}

const rising = (step: number, warmup: number, after: (step: number) => number): number =>
  step <= warmup ? step / warmup : after(step)

/** How far a stretch has come, from 0 to 1. */
const progress = (step: number, from: number, to: number): number =>
  to <= from ? 1 : Math.min(1, Math.max(0, (step - from) / (to - from)))

/** Rises linearly, then falls as half a cosine (Loshchilov and Hutter 2017). */
export const cosineSchedule = ({ peak, steps, warmup = 0, floor = 0 }: ScheduleOptions): Schedule => {
  const fall = (step: number): number =>
    floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress(step, warmup, steps)))) / 2
  return (step) => peak * rising(step, warmup, fall)
}

/** Warm-up, stable, decay (Hu et al. 2024): rises linearly, stays, and falls linearly over the last `decay` steps. */
export const warmupStableDecaySchedule = ({
  peak,
  steps,
  warmup = 0,
  floor = 0,
  decay,
}: ScheduleOptions & { readonly decay: number }): Schedule => {
  const fall = (step: number): number => 1 - (1 - floor) * progress(step, steps - decay, steps)
  return (step) => peak * rising(step, warmup, fall)
}
