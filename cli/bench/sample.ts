import type { Stats } from "@parade/core"

/** One text decoded by one pipeline. */
export interface Sample {
  readonly pipeline: string
  readonly prompt: string
  readonly category: string
  readonly round: number
  readonly tokens: readonly number[]
  /** Whether it is a right answer, where that can be told. */
  readonly correct?: boolean
  readonly stats: Stats
  /** Resident memory of the process afterwards, in bytes; shared by all pipelines of the run. */
  readonly residentBytes: number
}

/** Where a text leaves the baseline's. */
export interface Divergence {
  readonly pipeline: string
  readonly prompt: string
  /** Index of the first different token in the output. */
  readonly position: number
  /** Top-1 minus top-2 logit of the baseline there: small where two tokens were nearly equal. */
  readonly margin: number | undefined
}

/** Everything a run measured; the JSON form of the report. */
export interface BenchResult {
  readonly version: 1
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly node: string
    readonly platform: string
  }
  readonly model: { readonly name: string; readonly dtype: string; readonly device: string }
  readonly baseline: string
  readonly pipelines: readonly string[]
  readonly rounds: number
  readonly maxTokens: number
  readonly samples: readonly Sample[]
  readonly divergences: readonly Divergence[]
}

/** The first index where two outputs differ; `undefined` where one is the other, or its beginning. */
export const firstDifference = (a: readonly number[], b: readonly number[]): number | undefined => {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return i
  return a.length === b.length ? undefined : shared
}
