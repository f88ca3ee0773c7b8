import { type BenchResult, type Sample } from "./sample.ts"
import { pairedRatios, type Spread, spread } from "./statistics.ts"

/** One line of the table: a pipeline over the prompts of a category, or over all of them. */
export interface Line {
  readonly category: string
  readonly pipeline: string
  readonly tokensPerSecond: Spread
  /** Decode speed over the baseline's on the same prompt in the same round. */
  readonly ratio: Spread
  readonly tokensPerForward: number
  readonly meanAcceptanceLength: number
  /** Accepted of proposed, in [0, 1]; `NaN` where nothing was proposed. */
  readonly acceptance: number
  /** Rows forwarded per committed token. */
  readonly rowsPerToken: number
  readonly prefillMs: Spread
  readonly decodeMs: Spread
  /** Right answers of those that can be judged; `NaN` where none can. */
  readonly correct: number
  readonly identical: { readonly texts: number; readonly of: number }
}

const total = (samples: readonly Sample[], value: (sample: Sample) => number): number =>
  samples.reduce((sum, sample) => sum + value(sample), 0)

const keyOf = (sample: Sample): string => `${sample.prompt} ${sample.round}`

const line = (result: BenchResult, category: string, pipeline: string): Line => {
  const inCategory = result.samples.filter((sample) => category === "all" || sample.category === category)
  const own = inCategory.filter((sample) => sample.pipeline === pipeline)
  const base = new Map(
    inCategory
      .filter((sample) => sample.pipeline === result.baseline)
      .map((sample) => [keyOf(sample), sample]),
  )
  const paired = own.filter((sample) => base.has(keyOf(sample)))
  const judged = own.filter((sample) => sample.correct !== undefined)
  const prompts = new Set(own.map((sample) => sample.prompt))
  const diverged = result.divergences.filter((d) => d.pipeline === pipeline && prompts.has(d.prompt))
  const speed = (sample: Sample): number => sample.stats.tokensPerSecond
  return {
    category,
    pipeline,
    tokensPerSecond: spread(own.map(speed)),
    ratio: spread(
      pairedRatios(
        paired.map(speed),
        paired.map((sample) => speed(base.get(keyOf(sample))!)),
      ),
    ),
    tokensPerForward: total(own, (s) => s.stats.tokens) / total(own, (s) => s.stats.forwards),
    meanAcceptanceLength: total(own, (s) => s.stats.tokens) / total(own, (s) => s.stats.rounds),
    acceptance: total(own, (s) => s.stats.accepted) / total(own, (s) => s.stats.proposed),
    rowsPerToken: total(own, (s) => s.stats.rows) / total(own, (s) => s.stats.tokens),
    prefillMs: spread(own.map((s) => s.stats.prefillMs)),
    decodeMs: spread(own.map((s) => s.stats.decodeMs)),
    correct: total(judged, (s) => (s.correct === true ? 1 : 0)) / judged.length,
    identical: { texts: prompts.size - new Set(diverged.map((d) => d.prompt)).size, of: prompts.size },
  }
}

/** The lines of the report: every pipeline per category in the order of the run, then over all prompts. */
export const summarise = (result: BenchResult): Line[] => {
  const categories = [...new Set(result.samples.map((sample) => sample.category))]
  const wanted = categories.length > 1 ? [...categories, "all"] : categories
  return wanted.flatMap((category) => result.pipelines.map((pipeline) => line(result, category, pipeline)))
}
