import { chatPrompt, type Encode, endToken } from "@parade/recipes"
import type { Split, Task } from "@parade/tasks"

/** Passages side by side in one sequence; every array has its length. */
export interface LaidPassages {
  /** The mask where no passage stands. */
  readonly tokens: Int32Array
  /** Of each token in its passage. */
  readonly positions: Int32Array
  /** Which passage a place belongs to; what follows the last one is a passage of its own. */
  readonly passages: Int32Array
  /** 1 where a token is part of an answer: what is learnt. */
  readonly answers: Uint8Array
}

/** A source of passages: a task's solved examples. */
export interface PassageSource {
  readonly name: string
  /** The sequence at a place of an endless stream: a function of split and place. */
  readonly sequence: (split: Split, place: number) => LaidPassages
}

export interface TaskPassagesOptions {
  readonly name: string
  readonly task: Task
  readonly encode: Encode
  /** Tokens of a sequence. */
  readonly length: number
  /** Every passage begins at a multiple of it. */
  readonly align: number
  /** End tokens behind each answer, beside the first. */
  readonly ends: number
  /** What stands where no passage does. */
  readonly mask: number
  readonly seed: number
}

/** Examples between the first ones of two sequences: a prime, so that sequences begin with every category. */
const stride = 8191

/**
 * Solved examples as conversations, as many as a sequence has room for, each at a multiple of `align`; one that is too
 * long for any sequence is cut.
 */
export const taskPassages = (options: TaskPassagesOptions): PassageSource => {
  const { name, task, encode, length, align, ends, mask, seed } = options
  const passage = (split: Split, index: number) => {
    const { prompt, answer } = task.example(split, index, seed)
    const asked = chatPrompt(prompt, encode)
    const end = new Array<number>(1 + ends).fill(endToken)
    return { given: asked.length, tokens: [...asked, ...Array.from(encode(answer)), ...end] }
  }
  return {
    name,
    sequence: (split, place) => {
      const laid: LaidPassages = {
        tokens: new Int32Array(length).fill(mask),
        positions: new Int32Array(length),
        passages: new Int32Array(length),
        answers: new Uint8Array(length),
      }
      let at = 0
      for (let number = 0; at < length; number++) {
        const { tokens, given } = passage(split, place * stride + number)
        const isRoom = number === 0 || at + tokens.length <= length
        // Up to the next passage the places belong to this one.
        const end = isRoom ? Math.min(length, at + Math.ceil(tokens.length / align) * align) : length
        for (let i = at; i < end; i++) {
          laid.positions[i] = i - at
          laid.passages[i] = number
          if (!isRoom || i - at >= tokens.length) continue
          laid.tokens[i] = tokens[i - at]!
          laid.answers[i] = i - at >= given ? 1 : 0
        }
        at = end
      }
      return laid
    },
  }
}
