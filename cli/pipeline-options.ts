import type { Model } from "@parade/core"
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import type { PipelineChoice } from "./read-pipeline.ts"

const undefinedWhenAbsent = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  Flag.map(Flag.optional(flag), Option.getOrUndefined)

/** An optional flag as a value or `undefined`. */
export const optionalFlag: <A>(flag: Flag.Flag<A>, description: string) => Flag.Flag<A | undefined> = (
  flag,
  description,
) => undefinedWhenAbsent(flag.pipe(Flag.withDescription(description)))

/** A count of something there has to be one of. */
export const atLeastOne = (flag: Flag.Flag<number>): Flag.Flag<number> =>
  Flag.filter(
    flag,
    (count) => count >= 1 && Number.isSafeInteger(count),
    (count) => `Expected at least 1, got ${count}`,
  )

/** Flags of every command that makes a pipeline. */
export const pipelineFlags: {
  readonly model: Flag.Flag<string | undefined>
  readonly device: Flag.Flag<string | undefined>
  readonly set: Flag.Flag<readonly string[]>
} = {
  model: optionalFlag(
    Flag.String("model").pipe(
      Flag.withMetavar("DIR|FILE|hf:OWNER/NAME"),
      // A variable of a script that is not set; to go on with another model would answer another question.
      Flag.filter(
        (model) => model !== "",
        () => "Expected a folder, a file or hf:OWNER/NAME",
      ),
    ),
    "The model's weights; PARADE_MODEL says so for models that name none",
  ),
  device: optionalFlag(
    Flag.String("device").pipe(Flag.withMetavar("DEVICE")),
    "Where models run: cpu, webgpu, cuda or auto; reference is the exact, slow interpreter",
  ),
  set: Flag.String("set").pipe(
    Flag.withMetavar("PATH=VALUE"),
    Flag.withDescription(
      "Set a value of the pipeline, such as sampler.with.temperature=0.7; may be repeated",
    ),
    Flag.atLeast(0),
  ),
}

/** The pipeline file as an optional argument. */
export const pipelineArgument: Argument.Argument<string | undefined> = Argument.map(
  Argument.optional(
    Argument.String("PIPELINE.json").pipe(
      Argument.withDescription("The pipeline; plain decoding when left out"),
    ),
  ),
  Option.getOrUndefined,
)

/** The longest answer, of commands that have a default of their own. */
export const maxTokensFlag: Flag.Flag<number> = Flag.Int("max-tokens").pipe(
  Flag.withMetavar("N"),
  Flag.withDescription("Tokens at most"),
  atLeastOne,
)

/** Flags of every command that decodes. */
export const decodingFlags: {
  readonly maxTokens: Flag.Flag<number | undefined>
  readonly seed: Flag.Flag<number>
} = {
  maxTokens: optionalFlag(
    maxTokensFlag,
    "Tokens at most; without it what the model says of itself, or else 256",
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Same seed, same text"),
    Flag.filter(
      (seed) => seed >= 0 && Number.isSafeInteger(seed),
      (seed) => `Expected 0 or more, got ${seed}`,
    ),
    Flag.withDefault(0),
  ),
}

/** The longest answer: what was said, what the model says, or else 256 tokens. */
export const answerLength = ({ info }: Pick<Model, "info">, maxTokens: number | undefined): number =>
  maxTokens ?? info.answerLength ?? 256

/** The options as a choice of pipeline. */
export const choiceOf = (options: {
  readonly pipeline: string | undefined
  readonly model: string | undefined
  readonly device: string | undefined
  readonly set: readonly string[]
}): PipelineChoice => ({
  file: options.pipeline,
  model: options.model,
  device: options.device,
  set: options.set,
})
