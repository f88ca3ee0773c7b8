import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { type CacheFactory, type Model, type ParadeError, reportProgress } from "@parade/core"
import { makeFolder } from "@parade/training"
import {
  type FloatType,
  floatTensor,
  floatsOfBytes,
  openSafetensors,
  type WeightTensor,
  writeSafetensors,
} from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { joined } from "./_joined.ts"
import { continueTexts, type ModelText, type ModelTextChoice, readStates } from "./model-texts.ts"

/** Texts to train on, and those that are only judged by. */
export interface SplitTexts {
  readonly train: readonly ModelText[]
  readonly heldOut: readonly ModelText[]
}

/** Texts on disk. */
export interface KeptTexts extends SplitTexts {
  /** Names the model, the prompts and the length that the texts follow from. */
  readonly source: string
}

/** Whose texts are kept, and which. */
export interface TextsToKeep {
  readonly model: Model
  readonly cache: CacheFactory
  readonly choice: ModelTextChoice
  readonly prompts: Readonly<Record<keyof SplitTexts, readonly Int32Array[]>>
}

/** Prompts of a file: what is lost at most when it is stopped, and what is held in memory at once. */
const promptsOfFile = 16

/** The largest number of 16 bits. */
const largestHalf = 65504

const integerBytes = ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const integersTensor = (name: string, shape: readonly number[], values: Int32Array) => ({
  name,
  type: "I32" as const,
  shape,
  bytes: () => integerBytes(values),
})

const writeTexts = (
  path: string,
  texts: readonly ModelText[],
  source: string,
): Effect.Effect<void, ParadeError> => {
  const tokens = Int32Array.from(texts.flatMap((text) => [...text.tokens]))
  const places = Int32Array.from(texts.flatMap((text) => [text.tokens.length, text.from]))
  return writeSafetensors(
    path,
    [integersTensor("tokens", [tokens.length], tokens), integersTensor("places", [texts.length, 2], places)],
    { source },
  )
}

const writeStates = (
  path: string,
  texts: readonly ModelText[],
  source: string,
): Effect.Effect<void, ParadeError> => {
  const states = joined(texts.map((text) => text.states()))
  const rows = texts.reduce((sum, text) => sum + text.tokens.length - 1, 0)
  const width = rows === 0 ? 0 : states.length / rows
  // States are read to learn from them, for which 11 bits do; where a model has greater ones, in full.
  const type: FloatType = states.every((value) => Math.abs(value) <= largestHalf) ? "F16" : "F32"
  return writeSafetensors(path, [floatTensor("states", type, [rows, width], states)], { source })
}

/** Rows `[from, to)` of a tensor, read anew. */
const rowsOf = ({ bytes, byteLength, shape, type }: WeightTensor, from: number, to: number): Float32Array => {
  const each = shape[0] === 0 ? 0 : byteLength / shape[0]!
  return floatsOfBytes(bytes(from * each, to * each), type as FloatType)
}

/** The tensors of a file; nothing where there is no file of this source. */
const openKept = (path: string, source: string) =>
  Effect.gen(function* () {
    if (!existsSync(path)) return undefined
    const { metadata, tensors } = yield* openSafetensors(path)
    return metadata.get("source") === source ? tensors : undefined
  })

const noStates = (): Float32Array => new Float32Array(0)

/** The texts of a file, without states. */
const readTexts = (
  path: string,
  source: string,
): Effect.Effect<readonly ModelText[] | undefined, ParadeError, Scope> =>
  Effect.map(openKept(path, source), (tensors) => {
    if (tensors === undefined) return undefined
    const tokens = tensors.get("tokens")!.raw() as Int32Array
    const places = tensors.get("places")!.raw() as Int32Array
    let token = 0
    return Array.from({ length: places.length / 2 }, (_, i): ModelText => {
      const [length, from] = [places[2 * i]!, places[2 * i + 1]!]
      token += length
      return { tokens: tokens.slice(token - length, token), from, states: noStates }
    })
  })

/** Texts with the states of a file, which are read when asked for; nothing where there is no file of this source. */
const withStates = (
  path: string,
  texts: readonly ModelText[],
  source: string,
): Effect.Effect<readonly ModelText[] | undefined, ParadeError, Scope> =>
  Effect.map(openKept(path, source), (tensors) => {
    const states = tensors?.get("states")
    if (states === undefined) return undefined
    let row = 0
    return texts.map(({ tokens, from }): ModelText => {
      const first = row
      row += tokens.length - 1
      return {
        tokens,
        from,
        states: (begin = 0, end = tokens.length - 1) => rowsOf(states, first + begin, first + end),
      }
    })
  })

/** Names what decides the texts of a file; one of another source is written anew. */
const sourceOf = (
  { info }: Model,
  { continuation }: ModelTextChoice,
  prompts: readonly Int32Array[],
): string => {
  const weights = info.weightsFingerprint ?? [info.name, info.architecture, info.width, info.layers]
  const hash = createHash("sha256").update(
    JSON.stringify([continuation, weights, info.vocabularyFingerprint]),
  )
  for (const prompt of prompts) hash.update(`${prompt.join()};`)
  return hash.digest("hex").slice(0, 16)
}

/** The texts of some prompts in files that begin with `path`: the tokens, and beside them the states of each output asked for so far. */
const keptFile = (
  path: string,
  source: string,
  { model, cache, choice }: TextsToKeep,
  prompts: readonly Int32Array[],
): Effect.Effect<readonly ModelText[], ParadeError, Scope> =>
  Effect.gen(function* () {
    const { output } = choice
    const texts = `${path}.safetensors`
    const states = `${path}.${output}.safetensors`
    const kept = yield* readTexts(texts, source)
    if (kept === undefined) {
      const found = yield* continueTexts(model, cache, prompts, choice)
      // The file of the texts comes last: what was stopped before is made again, to the same bytes.
      if (output !== undefined) yield* writeStates(states, found, source)
      yield* writeTexts(texts, found, source)
    } else if (output !== undefined) {
      const found = yield* withStates(states, kept, source)
      if (found !== undefined) return found
      yield* writeStates(states, yield* readStates(model, cache, kept, output), source)
    }
    const known = kept ?? (yield* readTexts(texts, source))!
    return output === undefined ? known : (yield* withStates(states, known, source))!
  })

const isLongEnough =
  ({ least }: ModelTextChoice) =>
  ({ tokens, from }: ModelText): boolean =>
    tokens.length - from >= least

const keptSplit = (
  folder: string,
  split: keyof SplitTexts,
  wanted: TextsToKeep,
): Effect.Effect<
  { readonly texts: readonly ModelText[]; readonly sources: readonly string[] },
  ParadeError,
  Scope
> =>
  Effect.gen(function* () {
    const { choice } = wanted
    const asked = wanted.prompts[split]
    const texts: ModelText[] = []
    const sources: string[] = []
    for (let first = 0; first < asked.length; first += promptsOfFile) {
      const some = asked.slice(first, first + promptsOfFile)
      const source = sourceOf(wanted.model, choice, some)
      const path = join(folder, `${split}-${String(first / promptsOfFile).padStart(5, "0")}`)
      const kept = yield* keptFile(path, source, wanted, some)
      texts.push(...kept.filter(isLongEnough(choice)))
      sources.push(source)
      yield* reportProgress({
        task: "Collecting texts",
        done: Math.min(asked.length, first + promptsOfFile),
        total: asked.length,
        unit: "steps",
      })
      yield* Effect.yieldNow
    }
    return { texts, sources }
  })

/**
 * A model's own continuations of prompts, kept in files of a folder as they come: what was stopped goes on from the last
 * whole file, more prompts add files, and states stay on disk until they are asked for, as long as the scope lasts. Another output, or another
 * least length, finds the texts that are there and reads its states in a forward of each.
 */
export const keptTexts = (
  folder: string,
  wanted: TextsToKeep,
): Effect.Effect<KeptTexts, ParadeError, Scope> =>
  Effect.gen(function* () {
    yield* makeFolder(folder)
    const train = yield* keptSplit(folder, "train", wanted)
    const heldOut = yield* keptSplit(folder, "heldOut", wanted)
    const hash = createHash("sha256").update(JSON.stringify([train.sources, heldOut.sources]))
    return { train: train.texts, heldOut: heldOut.texts, source: hash.digest("hex").slice(0, 16) }
  })
