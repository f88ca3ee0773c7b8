import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import {
  type CacheFactory,
  argmax,
  firstRows,
  type Model,
  type ParadeError,
  reportProgress,
  tokenRows,
} from "@parade/core"
import { floatBytes, openSafetensors, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"

/** Positions of texts as heads learn from them. */
export interface States {
  readonly count: number
  readonly width: number
  /** `[count, width]`: what the LM head reads there. */
  readonly hidden: Float32Array
  /** `[count, ahead]`: the tokens that follow, `-1` after the end of the text. */
  readonly next: Float32Array
  readonly ahead: number
}

interface Continuation {
  readonly hidden: readonly Float32Array[]
  readonly tokens: readonly number[]
}

/** The model's own likeliest continuation, and its states: one where each token was decided. */
const continueGreedily = (
  model: Model,
  caches: CacheFactory,
  prompt: ArrayLike<number>,
  most: number,
): Effect.Effect<Continuation, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { contextLength, endTokens } = model.info
      const cache = yield* caches.make(yield* model.makeStore)
      const hidden: Float32Array[] = []
      const tokens: number[] = []
      let rows: ArrayLike<number> = prompt
      while (tokens.length < most && cache.length + rows.length < contextLength) {
        const last = [rows.length - 1]
        const outputs = [
          { name: "logits", rows: last },
          { name: "hidden.final", rows: last },
        ]
        const phase = tokens.length === 0 ? "prefill" : "step"
        const result = yield* model.forward(tokenRows(Array.from(rows), cache.length), {
          cache,
          outputs,
          phase,
        })
        const token = argmax(result["logits"]!.row(0))
        hidden.push(result["hidden.final"]!.row(0).slice())
        tokens.push(token)
        yield* cache.commit(firstRows(rows.length))
        if (endTokens.includes(token)) break
        rows = [token]
      }
      return { hidden, tokens }
    }),
  )

/**
 * Lets the model continue each prompt greedily and keeps its states: labels are what the model itself says, because
 * that is what drafts are held against (self-distillation, section 2.2.2).
 */
export const collectStates = (
  model: Model,
  caches: CacheFactory,
  prompts: readonly ArrayLike<number>[],
  options: { readonly continuation: number; readonly ahead: number },
): Effect.Effect<States, ParadeError> =>
  Effect.gen(function* () {
    const { continuation, ahead } = options
    const { width } = model.info
    const texts: Continuation[] = []
    for (const [done, prompt] of prompts.entries()) {
      texts.push(yield* continueGreedily(model, caches, prompt, continuation))
      yield* reportProgress({
        task: "Collecting states",
        done: done + 1,
        total: prompts.length,
        unit: "steps",
      })
      yield* Effect.yieldNow
    }
    const count = texts.reduce((sum, { tokens }) => sum + tokens.length, 0)
    const hidden = new Float32Array(count * width)
    const next = new Float32Array(count * ahead).fill(-1)
    let row = 0
    for (const text of texts)
      for (const [i, state] of text.hidden.entries()) {
        hidden.set(state, row * width)
        next.set(text.tokens.slice(i, i + ahead), row * ahead)
        row++
      }
    return { count, width, hidden, next, ahead }
  })

/** States to train on, and those that are only judged by. */
export interface SplitStates {
  readonly train: States
  readonly heldOut: States
}

/** Names states by their bytes. */
export const statesFingerprint = ({ train, heldOut }: SplitStates): string => {
  const hash = createHash("sha256")
  for (const { hidden, next } of [train, heldOut])
    hash.update(floatBytes(hidden, "F32")).update(floatBytes(next, "F32"))
  return hash.digest("hex").slice(0, 16)
}

const writeStates = (path: string, states: SplitStates, source: string): Effect.Effect<void, ParadeError> =>
  writeSafetensors(
    path,
    Object.entries(states as unknown as Readonly<Record<string, States>>).flatMap(
      ([name, { count, width, ahead, hidden, next }]) => [
        {
          name: `${name}.hidden`,
          type: "F32",
          shape: [count, width],
          bytes: () => floatBytes(hidden, "F32"),
        },
        { name: `${name}.next`, type: "F32", shape: [count, ahead], bytes: () => floatBytes(next, "F32") },
      ],
    ),
    { source },
  )

const readStates = (path: string, source: string): Effect.Effect<SplitStates | undefined, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (!existsSync(path)) return undefined
      const { metadata, tensors } = yield* openSafetensors(path)
      if (metadata.get("source") !== source) return undefined
      const part = (name: string): States => {
        const hidden = tensors.get(`${name}.hidden`)!
        const next = tensors.get(`${name}.next`)!
        const [count, width] = hidden.shape as readonly [number, number]
        return { count, width, hidden: hidden.values(), next: next.values(), ahead: next.shape[1]! }
      }
      return { train: part("train"), heldOut: part("heldOut") }
    }),
  )

/** The states in a file where it holds those of this source, else what `collect` gives, which is then written there. */
export const keptStates = (
  path: string,
  source: string,
  collect: Effect.Effect<SplitStates, ParadeError>,
): Effect.Effect<SplitStates, ParadeError> =>
  Effect.gen(function* () {
    const kept = yield* readStates(path, source)
    if (kept !== undefined) return kept
    const states = yield* collect
    yield* writeStates(path, states, source)
    return states
  })
