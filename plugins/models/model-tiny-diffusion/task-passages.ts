import { uniform } from "@parade/core"
import { exerciseStream } from "@parade/model-recipes"
import { type Encode, endToken, promptTokens } from "@parade/recipes"
import type { Split, Task } from "@parade/tasks"
import type { Passage, PassageSequence, PassageSource } from "./passage.ts"

/** Examples between the first ones of two sequences: a prime, so that sequences begin with every category. */
const stride = 8191

/** How many of the examples stand on a canvas that is much longer than the answer. */
const longCanvases = 1 / 16

/** End tokens behind an answer, as they fill the rest of a canvas: mostly few, since they take rows and teach little. */
const padding = (u: number): number =>
  u < longCanvases
    ? Math.floor((u / longCanvases) * 64)
    : Math.floor(((u - longCanvases) / (1 - longCanvases)) ** 3 * 8)

const withEnds = ({ tokens, given }: Passage, count: number): Passage => {
  const longer = new Int32Array(tokens.length + count).fill(endToken)
  longer.set(tokens)
  return { tokens: longer, given }
}

/**
 * Passages of solved examples, as many as there is room for in a sequence; one that is too long for any is cut. To train
 * on, end tokens stand behind each, and the prompt of a share `given` of them is never masked. Of those held out the
 * prompt is given, and nothing stands behind the end of the answer.
 */
export const taskPassages = (options: {
  readonly name: string
  readonly task: Task
  readonly encode: Encode
  readonly length: number
  readonly given: number
  /** The share that is put as conversations. */
  readonly chat: number
  readonly seed: number
}): PassageSource => {
  const { name, task, encode, length, given, chat, seed } = options
  const passage = (split: Split, index: number): Passage => {
    const { prompt, answer } = task.example(split, index, seed)
    const asked = promptTokens(prompt, encode, uniform(seed, "noise", index, 2) < chat)
    const tokens = Int32Array.from([...asked, ...Array.from(encode(answer)), endToken])
    const masksPrompt = split === "train" && uniform(seed, "noise", index, 6) >= given
    return { tokens, given: masksPrompt ? 0 : asked.length }
  }
  const fill = (split: Split, place: number): PassageSequence => {
    const passages: Passage[] = []
    let left = length
    for (let i = place * stride; left > 0; i++) {
      const next = passage(split, i)
      if (next.tokens.length > left) {
        if (passages.length > 0) break
        return [{ tokens: next.tokens.slice(0, left), given: Math.min(next.given, left) }]
      }
      const ends = split === "train" ? padding(uniform(seed, "noise", i, 7)) : 0
      const padded = withEnds(next, Math.min(ends, left - next.tokens.length))
      passages.push(padded)
      left -= padded.tokens.length
    }
    if (left === 0) return passages
    // What is left is part of the last canvas, or, where losses are compared, of none.
    if (split === "train") return [...passages.slice(0, -1), withEnds(passages.at(-1)!, left)]
    return [...passages, { tokens: new Int32Array(left).fill(endToken), given: left }]
  }
  return {
    name,
    sequence: (place) => fill("train", place),
    heldOut: (place) => fill("test", place),
    counted: () => exerciseStream(task, encode, seed),
  }
}
