import { type FailureDetails, ParadeError } from "./error.ts"

/** One mistake in a pipeline, at its place in the JSON. */
export interface PipelineIssue {
  /** Such as `$.drafter.with.maxNgram`. */
  readonly path: string
  /** Stable: `pipeline.unknown-plugin`. */
  readonly code: string
  /** One sentence: what is wrong. */
  readonly message: string
  /** What would have been right, as a noun phrase. */
  readonly expected?: string | undefined
  /** The valid name that was probably meant. */
  readonly nearest?: string | undefined
}

/** A mistake whose place is not known where it is found. */
export type PipelineProblem = Omit<PipelineIssue, "path">

/** Sentence, expectation, suggestion, advice and code, without the place. */
export const describeProblem = (
  { code, message, expected, nearest }: PipelineProblem,
  advice?: string,
): string => {
  const wanted = expected === undefined ? "" : ` Expected ${expected}.`
  const meant = nearest === undefined ? "" : ` Did you mean ${JSON.stringify(nearest)}?`
  const help = advice === undefined ? "" : ` ${advice}`
  return `${message}${wanted}${meant}${help} [${code}]`
}

/** Of a name or a path in a message. */
const mostLetters = 1000

/** How many mistakes are told; who made more has made another one. */
const mostTold = 20

const clipped = (text: string): string =>
  text.length > mostLetters ? `${text.slice(0, mostLetters)}…` : text

const describeIssue = ({ path, message, ...rest }: PipelineIssue, advice?: string): string =>
  `${clipped(path)}: ${describeProblem({ ...rest, message: clipped(message) }, advice)}`

/**
 * A pipeline that cannot be composed: every mistake in its JSON, or the one plugin that could not be made. `code` and
 * `path` are those of the first mistake.
 */
export class PipelineError extends ParadeError {
  readonly _tag = "PipelineError"
  readonly issues: readonly PipelineIssue[]

  constructor(
    issues: readonly [PipelineIssue, ...PipelineIssue[]],
    details?: Partial<Pick<FailureDetails, "advice" | "fault" | "cause">>,
  ) {
    super({ code: issues[0].code, message: issues[0].message, path: issues[0].path, ...details })
    this.issues = issues
  }

  override describe(): string {
    const [first, ...more] = this.issues
    if (first !== undefined && more.length === 0) return describeIssue(first, this.advice)
    const advice = this.advice === undefined ? "" : ` ${this.advice}`
    const lines = this.issues.slice(0, mostTold).map((issue) => describeIssue(issue))
    const untold = this.issues.length - lines.length
    if (untold > 0) lines.push(`… and ${untold} more.`)
    return `The pipeline has ${this.issues.length} mistakes:\n${lines.map((line) => `  ${line}`).join("\n")}${advice}`
  }
}

/** Whether there are mistakes, as the error that reports them. */
export const pipelineErrorOf = (issues: readonly PipelineIssue[]): PipelineError | undefined => {
  const [first, ...rest] = issues
  return first === undefined ? undefined : new PipelineError([first, ...rest])
}

/** The same mistakes with their places told otherwise, such as those of a value that stands in a larger one. */
export const mistakesPlaced = (
  { issues, advice, fault, cause }: PipelineError,
  place: (path: string) => string,
): PipelineError => {
  const placed = (issue: PipelineIssue): PipelineIssue => ({ ...issue, path: place(issue.path) })
  const [first, ...rest] = issues
  return new PipelineError([placed(first!), ...rest.map(placed)], { advice, fault, cause })
}
