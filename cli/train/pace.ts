import type { StepRecord } from "@parade/training"

/** How fast a training is: of its last steps, without those that had an evaluation where others are known. */
export class Pace {
  readonly #tokensPerStep: number
  readonly #recent: StepRecord[] = []
  readonly #losses: number[] = []

  constructor(tokensPerStep: number) {
    this.#tokensPerStep = tokensPerStep
  }

  add(record: StepRecord): void {
    this.#recent.push(record)
    if (this.#recent.length > 50) this.#recent.shift()
    this.#losses.push(record.metrics["loss"]!)
  }

  /** Every loss so far. */
  get losses(): readonly number[] {
    return this.#losses
  }

  /** The mean loss of the last steps. */
  get loss(): number {
    const last = this.#losses.slice(-20)
    return last.reduce((sum, loss) => sum + loss, 0) / last.length
  }

  get secondsPerStep(): number {
    const plain = this.#recent.filter(({ evaluation }) => evaluation === undefined)
    const some = plain.length > 0 ? plain : this.#recent
    return some.reduce((sum, { seconds }) => sum + seconds, 0) / some.length
  }

  get tokensPerSecond(): number {
    return this.#tokensPerStep / this.secondsPerStep
  }
}

/** Seconds as people say them: `40 s`, `12 min`, `1 h 05 min`. */
export const duration = (seconds: number): string => {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`
}
