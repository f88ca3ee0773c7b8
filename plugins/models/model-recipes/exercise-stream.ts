import { asChat, type Encode, exerciseTokens } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { packTokens } from "@parade/training"

/** Tokens of a task without end that the baseline counts. */
const countedTokens = 500_000

/** Solved examples of a task as one stream of tokens, for a model that counts: each once where they are counted. */
export const exerciseStream = (task: Task, encode: Encode, seed: number): Int32Array => {
  const size = task.size?.train
  const count = size ?? Infinity
  const most = size === undefined ? countedTokens : Infinity
  const texts = function* (): Generator<readonly number[]> {
    let total = 0
    for (let i = 0; i < count && total < most; i++) {
      const tokens = exerciseTokens(task.example("train", i, seed), encode, asChat(seed, i))
      total += tokens.length
      yield tokens
    }
  }
  return packTokens(texts())
}
