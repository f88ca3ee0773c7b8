import { basename } from "node:path"
import {
  type BuildPart,
  type Decoder,
  DecoderKind,
  mistakesPlaced,
  type ParadeError,
  PipelineError,
  type PipelineIssue,
  type Plan,
  RequestError,
  validate,
} from "@parade/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type OpenPipeline, type PipelineChoice, readPipeline } from "../read-pipeline.ts"
import type { Subjects } from "./subjects.ts"

/** Pipelines to compare, each with a folder of its own, and what the report calls them. */
export interface BenchPipelines {
  /** The baseline first. */
  readonly parts: readonly BuildPart[]
  readonly names: readonly string[]
  /** Whether the baseline was put in front of what was asked for. */
  readonly isPlainAdded: boolean
}

const plainUse = "@parade/autoregressive"

type Node = Readonly<Record<string, unknown>>

const isPlain = (node: unknown): boolean => (node as Node | null)?.["use"] === plainUse

/** The node of a pipeline with an id. */
const nodeWithId = (value: unknown, id: unknown): Node | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  if ((value as Node)["id"] === id) return value as Node
  for (const [key, member] of Object.entries(value)) {
    const found = key === "with" ? undefined : nodeWithId(member, id)
    if (found !== undefined) return found
  }
  return undefined
}

/** Plain decoding of the same weights with the same sampler: what every speed-up is a speed-up over. */
const plainOf = (pipeline: unknown): Node => {
  const part = (name: string): Node => {
    const node = (pipeline as Node)[name] as Node | undefined
    // What is said elsewhere in the pipeline is not there in the one made here.
    const meant = node?.["ref"] === undefined ? node : nodeWithId(pipeline, node["ref"])
    return meant === undefined ? {} : { [name]: meant }
  }
  return { use: plainUse, ...part("model"), ...part("sampler"), ...part("cache") }
}

/** A pipeline that takes part in a bench. */
interface Entry extends Pick<OpenPipeline, "value" | "base" | "registry"> {
  readonly name: string
  readonly file: string | undefined
}

/** Names of their own for pipelines: a file's name, its path where others have the name too, then a number. */
const namesOf = (entries: readonly Entry[]): readonly string[] => {
  const shared = (name: string, names: readonly string[]): boolean =>
    names.filter((other) => other === name).length > 1
  const short = entries.map(({ name }) => name)
  const long = entries.map(({ name, file }) => (shared(name, short) && file !== undefined ? file : name))
  return long.map((name, index) =>
    shared(name, long)
      ? `${name} (${long.slice(0, index + 1).filter((other) => other === name).length})`
      : name,
  )
}

/** The plans of all pipelines; one error with the mistakes of all of them. */
const validateAll: (
  entries: readonly Entry[],
  names: readonly string[],
) => Effect.Effect<readonly Plan[], PipelineError> = Effect.fnUntraced(function* (entries, names) {
  const plans: Plan[] = []
  const issues: PipelineIssue[] = []
  for (const [index, { value, registry }] of entries.entries()) {
    const checked = yield* Effect.result(validate(DecoderKind, value, registry))
    if (Result.isSuccess(checked)) plans.push(checked.success)
    else issues.push(...mistakesPlaced(checked.failure, (path) => `${names[index]}: ${path}`).issues)
  }
  const [first, ...rest] = issues
  return first === undefined ? plans : yield* Effect.fail(new PipelineError([first, ...rest]))
})

/**
 * Reads the pipelines of a bench. The baseline is the first plain one; where there is none, plain decoding of the
 * first pipeline's model is put in front (see {@link comparable} for what becomes of it). Without files, plain decoding is compared with the default speculation.
 */
export const readPipelines: (
  files: readonly string[],
  choice: Omit<PipelineChoice, "file">,
) => Effect.Effect<BenchPipelines, ParadeError | PipelineError> = Effect.fnUntraced(
  function* (files, choice) {
    const read: Entry[] = []
    for (const file of files.length === 0 ? [undefined] : files) {
      const opened = yield* Effect.mapError(readPipeline({ ...choice, file }), (error) =>
        error instanceof PipelineError && file !== undefined
          ? mistakesPlaced(error, (path) => `${file}: ${path}`)
          : error,
      )
      read.push({ ...opened, file, name: file === undefined ? "plain" : basename(file, ".json") })
    }
    const [first] = read as [Entry]
    if (files.length === 0)
      read.push({
        ...first,
        name: "speculative",
        value: { ...plainOf(first.value), use: "@parade/speculative" },
      })
    const plain = read.findIndex(({ value }) => isPlain(value))
    const entries =
      plain < 0
        ? [{ ...first, file: undefined, name: "plain", value: plainOf(first.value) }, ...read]
        : [read[plain]!, ...read.filter((_, index) => index !== plain)]
    const names = namesOf(entries)
    // What is put in front is made of parts of the first pipeline: its mistakes are told of that one.
    const asked = plain < 0 ? 1 : 0
    yield* validateAll(entries.slice(asked), names.slice(asked))
    const plans = yield* validateAll(entries, names)
    return {
      parts: plans.map((plan, index) => ({
        plan,
        base: entries[index]!.base,
        place: (path) => `${names[Math.max(index, asked)]}: ${path}`,
      })),
      names,
      isPlainAdded: plain < 0,
    }
  },
)

/**
 * What can be compared of what was composed. A model that fills in masks is not read from left to right: there the first
 * pipeline asked for is the baseline. All must read the same tokens.
 */
export const comparable = (
  subjects: Subjects,
  { names, isPlainAdded }: Pick<BenchPipelines, "names" | "isPlainAdded">,
): Effect.Effect<{ readonly subjects: Subjects; readonly names: readonly string[] }, RequestError> => {
  const fillsMasks = subjects.decoders[1]?.model.info.maskToken !== undefined
  const from = isPlainAdded && fillsMasks ? 1 : 0
  const decoders = subjects.decoders.slice(from)
  const left = names.slice(from)
  const [{ info }] = decoders.map(({ model }) => model) as [Decoder["model"]]
  const other = decoders.findIndex(
    ({ model }) => model.info.vocabularyFingerprint !== info.vocabularyFingerprint,
  )
  return other < 0
    ? Effect.succeed({ subjects: { ...subjects, decoders }, names: left })
    : Effect.fail(
        new RequestError({
          code: "bench.other-vocabulary",
          message: `${left[other]} decodes a model of another vocabulary than ${left[0]}: the same prompt is not the same tokens.`,
          advice: "Name one model for all with --model, or compare pipelines of one model.",
        }),
      )
}
