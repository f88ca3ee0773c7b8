import { ModelError, reportProgress, tokenRows } from "@parade/core"
import type { DeviceError, Tokenizer } from "@parade/core"
import type { Device, Feed, Program, Tensor } from "@parade/graph"
import { fitRows } from "@parade/weights"
import type { RowFit } from "@parade/weights"
import * as Effect from "effect/Effect"
import { buildGraph } from "./_build-graph.ts"
import type { GraphRequest } from "./_build-graph.ts"
import { calibrationChat, calibrationTexts } from "./_calibration-text.ts"
import { maskName } from "./_forward.ts"
import { rowLayout, windowsOf } from "./_layout.ts"
import { fillMask, narrowMask } from "./_mask.ts"
import { observeLinears } from "./_observed-linears.ts"
import { compileChecked, typed } from "./_typed.ts"
import type { BuildFailure } from "./_typed.ts"

/** What the linear layers of a model lose in 8-bit integers with one scale per row. */
export interface Calibration {
  /** Of each distinct input of linear layers, in the order in which graphs read them, the coarser fit first. */
  readonly fits: readonly (readonly RowFit[])[]
  /** Of each linear layer in the order built, the number of its input. */
  readonly inputOf: readonly number[]
}

/** What a model's graph is made of, and where it runs. */
export interface CalibrationRequest extends GraphRequest {
  readonly device: Device
}

/** Rows of one text: what goes in and comes out of every layer is in memory at once. */
const CHUNK = 96
/** Rows kept to work out the errors from, of all texts. */
const SAMPLED = 32
const TASK = "Measuring activations, once per model"

/** The texts as tokens. A model without a chat template reads the turns as plain text. */
const chunksOf = (tokenizer: Tokenizer, limit: number): Effect.Effect<readonly Int32Array[]> => {
  const plain = calibrationChat.map(({ content }) => content).join("\n")
  const chat = Effect.map(
    Effect.orElseSucceed(tokenizer.applyChatTemplate(calibrationChat), () => undefined),
    (text) => tokenizer.encode(text ?? plain, { addSpecialTokens: text === undefined }),
  )
  return Effect.map(chat, (turns) =>
    [turns, ...calibrationTexts.map((text) => tokenizer.encode(text))].map((tokens) =>
      tokens.slice(0, limit),
    ),
  )
}

class Sample {
  readonly greatest: Float32Array
  readonly #rows: Float32Array[] = []
  readonly #energies: number[] = []

  constructor(columns: number) {
    this.greatest = new Float32Array(columns)
  }

  add(x: Float32Array, energies: Float32Array, sampled: readonly number[]): void {
    const { greatest } = this
    for (let i = 0; i < x.length;)
      for (let column = 0; column < greatest.length; column++, i++) {
        const magnitude = Math.abs(x[i]!)
        if (magnitude > greatest[column]!) greatest[column] = magnitude
      }
    for (const row of sampled) {
      this.#rows.push(x.slice(row * greatest.length, (row + 1) * greatest.length))
      this.#energies.push(energies[row]!)
    }
  }

  finish(): {
    readonly greatest: Float32Array
    readonly rows: Float32Array
    readonly energies: Float64Array
  } {
    const { greatest } = this
    const rows = new Float32Array(this.#rows.length * greatest.length)
    for (const [i, row] of this.#rows.entries()) rows.set(row, i * greatest.length)
    return { greatest, rows, energies: Float64Array.from(this.#energies) }
  }
}

/** What a forward of some tokens from an empty cache is fed. */
const feedsOf = (
  { architecture, attention }: GraphRequest,
  past: Readonly<Record<string, Feed>>,
  ids: Int32Array,
): Record<string, Feed> => {
  const count = ids.length
  const { tokens, positions } = tokenRows(Array.from(ids), 0)
  const integers = (values: ArrayLike<number>): Tensor<"int64"> => ({
    type: "int64",
    dims: [values.length],
    data: BigInt64Array.from(values, (value) => BigInt(value)),
  })
  const feeds: Record<string, Feed> = {
    ...past,
    tokens: integers(tokens),
    positions: integers(positions),
    rows: integers(positions),
  }
  const input = { count, cached: 0, capacity: 0, visibility: undefined }
  const full = new Float32Array(count * count)
  fillMask(full, input)
  for (const window of windowsOf(architecture, attention)) {
    const data = new Float32Array(full)
    if (window !== undefined) narrowMask(data, full, window, input, positions, new Int32Array(0))
    feeds[maskName(window)] = { type: "float32", dims: [count, count], data }
  }
  return feeds
}

const forwardAll = (
  request: CalibrationRequest,
  program: Program,
  samples: readonly Sample[],
  chunks: readonly Int32Array[],
): Effect.Effect<void, DeviceError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const store = yield* request.device.makeRows(rowLayout(request.architecture, request.attention), 1)
      const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      const fetches = samples.flatMap((_, i) => [{ name: `input.${i}` }, { name: `energy.${i}` }])
      let done = 0
      for (const [step, chunk] of chunks.entries()) {
        yield* reportProgress({
          task: TASK,
          done: step,
          total: chunks.length + samples.length,
          unit: "steps",
        })
        const results = yield* program.run(feedsOf(request, store.feeds(), chunk), fetches)
        const sampled = Array.from(chunk, (_, i) => i).filter(
          (i) => Math.floor(((done + i + 1) * SAMPLED) / total) > Math.floor(((done + i) * SAMPLED) / total),
        )
        for (const [i, sample] of samples.entries())
          sample.add(
            (results[`input.${i}`] as Tensor<"float32">).data,
            (results[`energy.${i}`] as Tensor<"float32">).data,
            sampled,
          )
        done += chunk.length
      }
    }),
  )

/**
 * Runs a model in its ordinary form over some built-in text, and fits the rounding of every input of linear layers.
 * Its graph is kept by `request.device`, which should therefore have a cache folder of its own.
 */
export const calibrate = (
  request: CalibrationRequest,
  tokenizer: Tokenizer,
): Effect.Effect<Calibration, BuildFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const observed = observeLinears()
      const { rule: linear, finish } = observed
      const graph = yield* typed(() => buildGraph({ ...request, linear, finish }))
      const samples = observed.inputs.map(({ columns }) => new Sample(columns))
      const chunks = yield* chunksOf(tokenizer, Math.min(CHUNK, request.architecture.contextLength))
      const beyond = chunks.some((chunk) => chunk.some((id) => id >= request.architecture.vocabulary))
      if (beyond)
        return yield* Effect.fail(
          new ModelError({
            code: "model.vocabulary-mismatch",
            message: "The tokenizer makes tokens that the model does not have.",
            advice: "Check that the tokenizer's files belong to this checkpoint.",
          }),
        )
      yield* Effect.scoped(
        Effect.flatMap(compileChecked(request.device, graph, { keep: true }), (program) =>
          forwardAll(request, program, samples, chunks),
        ),
      )
      const fits: (readonly RowFit[])[] = []
      for (const [i, sample] of samples.entries()) {
        const [done, total] = [chunks.length + i, chunks.length + samples.length]
        yield* reportProgress({ task: TASK, done, total, unit: "steps" })
        fits.push(yield* typed(() => fitRows(observed.inputs[i]!.matrices, sample.finish())))
        // Let others run between the matrices.
        yield* Effect.yieldNow
      }
      const total = chunks.length + samples.length
      yield* reportProgress({ task: TASK, done: total, total, unit: "steps" })
      return { fits, inputOf: observed.inputOf }
    }),
  )
