import { uniform } from "@parade/core"
import type { Split, Task } from "@parade/tasks"
import { asChat, exerciseTokens } from "./chat-format.ts"
import type { Encode } from "./chat-format.ts"
import type { TokenSource } from "./source.ts"
import { windowOf } from "./source.ts"

export interface TaskSourceOptions {
  readonly name: string
  readonly task: Task
  readonly encode: Encode
  /** Tokens of a window. */
  readonly length: number
  readonly seed: number
}

/** Examples between the first ones of two windows: a prime, so that windows begin with every category. */
const stride = 8191

/**
 * Windows filled with solved examples, one after another, the last one cut; half the windows begin with an example, the
 * others anywhere in one. Examples to train on and held-out ones are of the task's two splits.
 */
export const taskSource = ({ name, task, encode, length, seed }: TaskSourceOptions): TokenSource => {
  const fill = (split: Split, place: number): Int32Array => {
    const tokens = new Int32Array(length + 1)
    const entry = uniform(seed, "noise", place, 3)
    let filled = 0
    for (let i = place * stride; filled < tokens.length; i++) {
      const example = exerciseTokens(task.example(split, i, seed), encode, asChat(seed, i))
      const from = i === place * stride && entry < 0.5 ? Math.floor(2 * entry * example.length) : 0
      const part = example.slice(from, from + tokens.length - filled)
      tokens.set(part, filled)
      filled += part.length
    }
    return tokens
  }
  return {
    name,
    window: (place) => windowOf(fill("train", place)),
    heldOut: (place) => windowOf(fill("test", place)),
  }
}
