import { basename } from "node:path"
import { type Decoder, type ParadeError, PipelineError, type Registry, RequestError } from "@parade/core"
import * as Effect from "effect/Effect"
import { type PipelineChoice, readPipeline } from "../read-pipeline.ts"
import { type Subjects, subjectsName, withSubjects } from "./subjects.ts"

/** Pipelines to compare as one pipeline, and what the report calls them. */
export interface BenchPipelines {
  readonly value: unknown
  readonly base: string
  readonly registry: Registry
  /** The baseline first. */
  readonly names: readonly string[]
  /** Whether the baseline was put in front of what was asked for. */
  readonly isPlainAdded: boolean
}

const plainUse = "@parade/autoregressive"

type Node = Readonly<Record<string, unknown>>

/** A pipeline as part of another: only a root names its schema. */
const asPart = (value: unknown): unknown => {
  const { $schema: _, ...node } = value as Node
  return node
}

const isPlain = (node: unknown): boolean => (node as Node | null)?.["use"] === plainUse

/** Plain decoding of the same weights with the same sampler: what every speed-up is a speed-up over. */
const plainOf = (node: unknown): Node => {
  const { model, sampler, cache } = node as Node
  return {
    use: plainUse,
    ...(model !== undefined && { model }),
    ...(sampler !== undefined && { sampler }),
    ...(cache !== undefined && { cache }),
  }
}

const placedBy = (place: (path: string) => string, error: PipelineError): PipelineError => {
  const [first, ...rest] = error.issues.map((issue) => ({ ...issue, path: place(issue.path) }))
  const { advice, fault, cause } = error
  return new PipelineError([first!, ...rest], { advice, fault, cause })
}

/** A mistake in the pipelines as one, told of the pipeline that it stands in. */
export const inOwnPipeline = (names: readonly string[], error: PipelineError): PipelineError =>
  placedBy(
    (path) => path.replace(/^\$\.decoders\[(\d+)\]/, (_, index: string) => `${names[Number(index)]}: $`),
    error,
  )

/**
 * Reads the pipelines of a bench. The baseline is the first plain one; where there is none, plain decoding of the
 * first pipeline's model is put in front (see {@link comparable} for what becomes of it). Without files, plain decoding is compared with the default speculation.
 */
export const readPipelines: (
  files: readonly string[],
  choice: Omit<PipelineChoice, "file">,
) => Effect.Effect<BenchPipelines, ParadeError | PipelineError> = Effect.fnUntraced(
  function* (files, choice) {
    const read: { readonly name: string; readonly value: unknown }[] = []
    let base = process.cwd()
    let registry: Registry | undefined
    for (const file of files.length === 0 ? [undefined] : files) {
      const opened = yield* Effect.mapError(readPipeline({ ...choice, file }), (error) =>
        error instanceof PipelineError && file !== undefined
          ? placedBy((path) => `${file}: ${path}`, error)
          : error,
      )
      if (registry === undefined) ({ base, registry } = opened)
      read.push({ name: file === undefined ? "plain" : basename(file, ".json"), value: asPart(opened.value) })
    }
    if (files.length === 0)
      read.push({ name: "speculative", value: { ...plainOf(read[0]!.value), use: "@parade/speculative" } })
    const plain = read.findIndex(({ value }) => isPlain(value))
    const ordered =
      plain < 0
        ? [{ name: "plain", value: plainOf(read[0]!.value) }, ...read]
        : [read[plain]!, ...read.filter((_, index) => index !== plain)]
    return {
      value: { use: subjectsName, decoders: ordered.map(({ value }) => value) },
      base,
      registry: withSubjects(registry!),
      names: ordered.map(({ name }) => name),
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
