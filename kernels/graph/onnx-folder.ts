import { mkdtemp, open, rename, rm, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { GraphError, isParadeError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Graph } from "./graph.ts"
import { makeFolders } from "./make-folders.ts"
import { initializerBytes, toOnnx } from "./onnx-file.ts"

/** Names of the files in a model folder. */
export const onnxFiles = { model: "model.onnx", weights: "weights.bin" } as const

const writeInto = async (graph: Graph, folder: string): Promise<void> => {
  const { model, placed, weightsLength } = toOnnx(graph, { weightsFile: onnxFiles.weights })
  const weights = await open(join(folder, onnxFiles.weights), "wx")
  try {
    await weights.truncate(weightsLength)
    // One constant at a time: only one copy of one of them is in memory besides what it is made from.
    for (const { initializer, offset } of placed) {
      const bytes = initializerBytes(initializer)
      for (let done = 0; done < bytes.length;)
        done += (await weights.write(bytes, done, bytes.length - done, offset + done)).bytesWritten
    }
    // Only what is on the disk may be renamed into place: after a crash a file would have its length and no content.
    await weights.datasync()
  } finally {
    await weights.close()
  }
  await writeFile(join(folder, onnxFiles.model), model, { flag: "wx" })
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined

const writeAtomically = async (graph: Graph, folder: string): Promise<void> => {
  makeFolders(dirname(folder))
  const temporary = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`))
  try {
    await writeInto(graph, temporary)
    await rename(temporary, folder).catch(async (error: unknown) => {
      if (!["ENOTEMPTY", "EEXIST"].includes(String(codeOf(error)))) throw error
      await rm(temporary, { recursive: true })
    })
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
}

const writeFailed = (folder: string, cause: unknown): GraphError =>
  new GraphError({
    code: "graph.write-failed",
    message: `The graph could not be written (${String(codeOf(cause) ?? cause)}).`,
    path: folder,
    advice: "Check that the folder can be written to and the disk has room.",
    fault: "environment",
    cause,
  })

/**
 * Write a graph into a new folder: `model.onnx`, and `weights.bin` with its larger constants. The folder appears only
 * when it is complete. If it exists already it stays as it is: name folders after what they hold. Constants that
 * cannot be made, such as damaged weights, die with their own error.
 */
export const writeOnnxFolder = (graph: Graph, folder: string): Effect.Effect<void, GraphError> =>
  Effect.catch(
    Effect.tryPromise({ try: () => writeAtomically(graph, folder), catch: (cause) => cause }),
    (cause) => {
      if (cause instanceof GraphError) return Effect.fail(cause)
      return isParadeError(cause) ? Effect.die(cause) : Effect.fail(writeFailed(folder, cause))
    },
  )
