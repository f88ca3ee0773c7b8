import { dirname, resolve } from "node:path"
import {
  applyOverrides,
  configKeys,
  DecoderKind,
  findNodes,
  formatPath,
  mistakesPlaced,
  ModelKind,
  type Override,
  type ParadeError,
  parsePath,
  parsePipeline,
  type PipelineError,
  type Plugin,
  type Registry,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { CommandError } from "./command-error.ts"
import { openRegistry } from "./load-plugins.ts"
import { readText } from "./read-text.ts"

/** Which pipeline, and what of it the command line changes. */
export interface PipelineChoice {
  /** The JSON file; plain decoding when left out. */
  readonly file: string | undefined
  readonly model: string | undefined
  readonly device: string | undefined
  /** `path=value`, the value as JSON or else as a string. */
  readonly set: readonly string[]
}

/** A pipeline's JSON after the command line's changes, and where it stands. */
export interface OpenPipeline {
  readonly value: unknown
  readonly base: string
  readonly registry: Registry
  /** Whether nothing names a model, so that those run that come with the project. */
  readonly embedded: boolean
}

const defaultPipeline = { use: "@parade/autoregressive" }

/** A model named on the command line starts from the current folder, not from the pipeline's. */
export const modelSource = (model: string): string =>
  /^[a-z][a-z0-9+.-]+:/.test(model) ? model : resolve(model)

/** The place that a path means, as errors print it. */
const placeOf = (path: string): string => {
  const parsed = parsePath(path)
  return parsed === undefined ? "$" : formatPath(parsed)
}

/** `path=value`, the value as JSON or else as a string. */
export const parseSet = (text: string): Effect.Effect<Override, CommandError | PipelineError> => {
  const at = text.indexOf("=")
  if (at <= 0)
    return Effect.fail(
      new CommandError({
        code: "command.bad-option",
        message: `--set ${JSON.stringify(text)} names no value.`,
        advice: "Write --set path=value, such as --set sampler.with.temperature=0.7.",
      }),
    )
  const path = text.slice(0, at)
  const value = text.slice(at + 1)
  return parsePipeline(value).pipe(
    Effect.catch((error) =>
      error.code === "pipeline.not-json"
        ? Effect.succeed(value)
        : Effect.fail(mistakesPlaced(error, (inside) => placeOf(path) + inside.slice(1))),
    ),
    Effect.map((parsed) => ({ path, value: parsed })),
  )
}

const takes =
  (setting: string) =>
  ({ plugin }: { readonly plugin: Plugin }): boolean =>
    configKeys(plugin)?.includes(setting) === true

const modelOverrides = Effect.fnUntraced(function* (
  value: unknown,
  choice: PipelineChoice,
  registry: Registry,
) {
  const named = choice.model ?? process.env["PARADE_MODEL"]
  if ((named === undefined || named === "") && choice.device === undefined) return []
  const models = yield* findNodes(DecoderKind, value, ModelKind, registry)
  const overrides: Override[] = []
  const withSource = models.filter(takes("source"))
  if (named !== undefined && named !== "")
    for (const [index, { path, settings }] of withSource.entries())
      if (settings["source"] === undefined || (index === 0 && choice.model !== undefined))
        overrides.push({ path: `${path}.with.source`, value: modelSource(named) })
  if (choice.device !== undefined)
    for (const { path, plugin } of models)
      if (configKeys(plugin)?.includes("device"))
        overrides.push({ path: `${path}.with.device`, value: choice.device })
  return overrides
})

/**
 * Reads a pipeline and puts in what the command line says. `--set` comes first. `--model` then replaces the source of
 * the pipeline's model and serves every model that names none; without it `PARADE_MODEL` serves those.
 */
export const readPipeline: (
  choice: PipelineChoice,
) => Effect.Effect<OpenPipeline, ParadeError | PipelineError> = Effect.fnUntraced(function* (choice) {
  const { file } = choice
  const base = file === undefined ? process.cwd() : dirname(resolve(file))
  const registry = openRegistry(base)
  const settings = yield* Effect.forEach(choice.set, parseSet)
  const written = file === undefined ? defaultPipeline : yield* Effect.flatMap(readText(file), parsePipeline)
  const set = yield* applyOverrides(DecoderKind, written, settings, registry)
  const overrides = yield* modelOverrides(set, choice, registry)
  const value = yield* applyOverrides(DecoderKind, set, overrides, registry)
  const models = (yield* findNodes(DecoderKind, value, ModelKind, registry)).filter(takes("source"))
  const embedded =
    models.length > 0 &&
    models.every(takes("fallback")) &&
    models.every(({ settings }) => settings["source"] === undefined)
  return { value, base, registry, embedded }
})
