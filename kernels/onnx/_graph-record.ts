import { createHash } from "node:crypto"
import { lstat, utimes } from "node:fs/promises"
import { basename, join } from "node:path"
import { type Graph, onnxFiles, weightBytes } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { KeptGraph } from "./_kept-graph.ts"
import { readKeptJson, writeKeptJson } from "./_kept-json.ts"

/** What a graph was, that was kept under a key. */
export interface GraphRecord {
  /** Its own. */
  readonly name: string
  /** Of its folder. */
  readonly folder: string
  readonly modelBytes: number
  readonly weightsLength: number
  readonly weightBytes: number
}

const pathOf = (cacheFolder: string, key: string): string =>
  join(cacheFolder, "graph-keys", `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`)

const isRecord = (value: unknown): value is GraphRecord => {
  const {
    name,
    folder,
    modelBytes,
    weightsLength,
    weightBytes: bytes,
  } = (value ?? {}) as Partial<GraphRecord>
  const numbers = [modelBytes, weightsLength, bytes]
  // The name of a folder beside the others, and nothing that leads elsewhere.
  return typeof name === "string" && /^[0-9a-f]+$/.test(folder ?? "") && numbers.every(Number.isSafeInteger)
}

/** Only what was written here is read: a link could lead anywhere. */
const isFileOf = async (path: string, size: number): Promise<boolean> => {
  const found = await lstat(path).catch(() => undefined)
  return found?.isFile() === true && found.size === size
}

/** What was kept under a key, where its files are still there and as long as they were. */
export const readRecord = (
  cacheFolder: string,
  key: string,
): Effect.Effect<{ readonly record: GraphRecord; readonly modelPath: string } | undefined> =>
  Effect.gen(function* () {
    const record = yield* readKeptJson(pathOf(cacheFolder, key))
    if (!isRecord(record)) return undefined
    const folder = join(cacheFolder, "graphs", record.folder)
    const modelPath = join(folder, onnxFiles.model)
    return yield* Effect.promise(async () => {
      const whole = await Promise.all([
        isFileOf(modelPath, record.modelBytes),
        isFileOf(join(folder, onnxFiles.weights), record.weightsLength),
      ])
      if (!whole.every(Boolean)) return undefined
      const now = new Date()
      await utimes(folder, now, now).catch(() => undefined)
      return { record, modelPath }
    })
  })

/** Says under which key a graph is kept. */
export const writeRecord = (
  cacheFolder: string,
  key: string,
  graph: Graph,
  { folder, file }: KeptGraph,
): Effect.Effect<void> => {
  const record: GraphRecord = {
    name: graph.name,
    folder: basename(folder),
    modelBytes: file.model.length,
    weightsLength: file.weightsLength,
    weightBytes: weightBytes([graph]),
  }
  return writeKeptJson(pathOf(cacheFolder, key), record)
}
