import { createHash, randomUUID } from "node:crypto"
import { lstat, readFile, rename, rm, utimes } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type GraphError, reportTask } from "@parade/core"
import { initializerBytes, onnxFiles, toOnnx, writeOnnxFolder } from "@parade/graph"
import type { Graph, OnnxFile } from "@parade/graph"
import * as Effect from "effect/Effect"
import { sweep } from "./_sweep.ts"

/** Raise it when the same graph must be written differently. */
const FORMAT = 1

/** A graph on disk: where it lies, and what its files must hold. */
export interface KeptGraph {
  readonly folder: string
  readonly modelPath: string
  readonly file: OnnxFile
}

/** Equal names hold equal graphs: the model with its places for constants, and the identity of each constant. */
const nameOf = (file: OnnxFile): string => {
  const hash = createHash("sha256").update(`${FORMAT}\n${file.weightsLength}\n`).update(file.model)
  for (const { initializer } of file.placed)
    if (initializer.identity === undefined) hash.update(initializerBytes(initializer))
    else hash.update(`\n${initializer.identity}`)
  return hash.digest("hex").slice(0, 32)
}

/** The place of a graph below the cache folder. */
export const keptGraph = (graph: Graph, cacheFolder: string): KeptGraph => {
  const file = toOnnx(graph, { weightsFile: onnxFiles.weights })
  const folder = join(cacheFolder, "graphs", nameOf(file))
  return { folder, modelPath: join(folder, onnxFiles.model), file }
}

const isIntact = async ({ folder, modelPath, file }: KeptGraph): Promise<boolean> => {
  const weights = await lstat(join(folder, onnxFiles.weights)).catch(() => undefined)
  // A link could lead anywhere; only what was written here is read.
  if (weights?.isFile() !== true || weights.size !== file.weightsLength) return false
  if ((await lstat(modelPath).catch(() => undefined))?.isFile() !== true) return false
  const model = await readFile(modelPath).catch(() => undefined)
  return model !== undefined && model.equals(file.model)
}

/** Out of the way in one step, so that no other process sees half of it. */
const discard = async (folder: string): Promise<void> => {
  const aside = `${folder}.${randomUUID()}`
  try {
    await rename(folder, aside)
  } catch {
    return
  }
  await rm(aside, { recursive: true, force: true })
}

/** Say that the folder is in use, for {@link sweep}; a folder that cannot be changed is not swept either. */
const use = ({ folder }: KeptGraph): Promise<void> => {
  const now = new Date()
  return utimes(folder, now, now).catch(() => undefined)
}

/**
 * Make sure that the graph lies in its folder, whole: written into a neighbour and renamed; a damaged one is
 * written again. Constants are only made where the folder is missing.
 */
export const writeKept = (graph: Graph, kept: KeptGraph): Effect.Effect<void, GraphError> =>
  Effect.gen(function* () {
    if (yield* Effect.promise(() => isIntact(kept))) return yield* Effect.promise(() => use(kept))
    yield* reportTask("Writing the weights as they run, once per model")
    yield* Effect.promise(() => discard(kept.folder))
    yield* writeOnnxFolder(graph, kept.folder)
    yield* Effect.promise(() => sweep(dirname(kept.folder)))
  })
