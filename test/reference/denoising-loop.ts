import {
  bidirectional,
  type DecodeFailure,
  type Distribution,
  logitsDistribution,
  type Model,
  readoutDistribution,
  type Sampler,
  uniform,
} from "@parade/core"
import {
  type CanvasState,
  type CanvasView,
  checkEdit,
  type Edit,
  makePrediction,
  predictingPosition,
  type Prediction,
  type Schedule,
  type Stage,
  type Unmasker,
} from "@parade/denoising"
import * as Effect from "effect/Effect"
import { range } from "../_rows.ts"
import { readoutRow } from "./readout.ts"
import { naiveCache } from "../caches/naive-cache.ts"

export interface DenoisingLoopOptions {
  readonly model: Model
  readonly unmasker: Unmasker
  readonly schedule: Schedule
  readonly sampler: Sampler
  readonly prompt: readonly number[]
  readonly length: number
  readonly seed: number
  /** Predictions are made of readouts of the rows, as far as the unmasker says it reads them. */
  readonly readouts?: boolean
}

/** What a round saw and did. */
export interface DenoisingRound {
  readonly view: { readonly cells: Int32Array; readonly stage: Stage }
  readonly candidates: readonly Edit[]
  /** The edit that stood. */
  readonly edit: Edit
}

const after = (state: CanvasState, { positions, tokens, cut }: Edit): CanvasState => {
  const cells = state.cells.slice()
  for (const [i, position] of positions.entries()) cells[position] = tokens[i]!
  const left = cells.subarray(0, cut ?? state.length)
  return {
    ...state,
    length: left.length,
    cells: left,
    filled: state.filled + positions.length,
    masked: left.filter((cell) => cell < 0).length,
  }
}

const onlyMasked = (stage: Stage, { cells }: CanvasState): Stage => ({
  ...stage,
  groups: stage.groups.map((group) => ({
    ...group,
    positions: group.positions.filter((position) => cells[position] === -1),
  })),
})

/**
 * Masked diffusion in the most obvious way: every state in a forward of its own over prompt and canvas, nothing cached,
 * every prediction a copy, to the last position. What decoders of canvases are compared with.
 */
export const denoisingLoop = (
  options: DenoisingLoopOptions,
): Effect.Effect<{ readonly cells: Int32Array; readonly rounds: readonly DenoisingRound[] }, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { model, unmasker, sampler, prompt, length, seed } = options
      const entropy = unmasker.readsEntropy === true
      const { info } = model
      const promptLength = prompt.length
      const cache = yield* naiveCache.make(yield* model.makeStore)

      const viewOf = Effect.fnUntraced(function* (state: CanvasState, stage: Stage) {
        const tokens = Int32Array.of(
          ...prompt,
          ...state.cells.map((cell) => (cell < 0 ? info.maskToken! : cell)),
        )
        const count = tokens.length
        const outputs = yield* model.forward(
          { tokens, positions: range(count) },
          {
            cache,
            visibility: bidirectional(count),
            outputs: [{ name: "logits", rows: range(count) }],
            phase: "step",
          },
        )
        const history = { length: count, promptLength, tokens: Int32Array.of(...prompt, ...state.cells) }
        const predictions = new Map<number, Prediction>()
        for (let position = 0; position < state.length; position++) {
          const row = promptLength + predictingPosition(info, position, promptLength)
          const logits = outputs["logits"]!.row(row).slice()
          logits[info.maskToken!] = -Infinity
          const at = promptLength + position
          const tokens = [info.maskToken!, ...(unmasking.follows?.(position) ?? [])]
          const readout = (): Distribution =>
            readoutDistribution(
              readoutRow(logits, Math.min(unmasker.readsTop! + 1, logits.length), tokens, entropy),
              {
                entropy,
                size: logits.length,
                tokens,
                without: info.maskToken,
              },
            )
          predictions.set(
            position,
            makePrediction({
              position,
              raw: options.readouts === true ? readout() : logitsDistribution(logits),
              processed: () => sampler.process(logits, { history, path: [], position: at }),
              draw: (processed) => processed.draw(uniform(seed, "token", at, state.filled)),
            }),
          )
        }
        const groups = stage.groups.map(({ positions }) => Array.from(positions, (p) => predictions.get(p)!))
        const open = groups.flat().sort((a, b) => a.position - b.position)
        const view: CanvasView = { state, stage, groups, open, prediction: (p) => predictions.get(p) }
        return view
      })

      const shape = { promptLength, length }
      const scheduling = options.schedule.open(shape)
      const unmasking = unmasker.open({ ...shape, info, seed })
      const rounds: DenoisingRound[] = []
      let stageIndex = -1
      let state: CanvasState = {
        promptLength,
        length,
        cells: new Int32Array(length).fill(-1),
        filled: 0,
        masked: length,
        spans: {},
        answer: { start: 0, end: length },
        leastLength: 0,
        isEnd: (token) => info.endTokens.includes(token),
      }
      while (state.masked > 0) {
        const stage = scheduling.next(state)
        if (stage.index !== stageIndex) unmasking.begin?.(state, stage)
        stageIndex = stage.index
        const view = yield* viewOf(state, stage)
        const candidates = unmasking.propose(view)
        for (const edit of candidates) {
          const problem = checkEdit(unmasker.name, info, view, edit, candidates.length === 1)
          if (problem !== undefined) return yield* Effect.fail(problem)
        }
        let chosen = 0
        if (candidates.length > 1) {
          const views: CanvasView[] = []
          for (const edit of candidates) {
            const next = after(state, edit)
            views.push(yield* viewOf(next, onlyMasked(stage, next)))
          }
          chosen = unmasking.settle!(candidates, views)
        }
        const edit = candidates[chosen]!
        rounds.push({ view: { cells: state.cells, stage }, candidates, edit })
        state = after(state, edit)
        yield* Effect.yieldNow
      }
      return { cells: state.cells, rounds }
    }),
  )
