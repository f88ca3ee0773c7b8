import type { Cache } from "./cache.ts"
import type { Outputs } from "./model.ts"

/** The committed tokens of a sequence, prompt first. */
export interface History {
  readonly length: number
  readonly promptLength: number
  /** A view of all tokens; valid until the next append. `-1` where a prompt row was a vector. */
  readonly tokens: Int32Array
}

/**
 * One text under way: what is in the cache, what is committed, what is not yet forwarded, what the last forward
 * said. Prefill makes it, every decoder starts from it, and a stage before a decoder maps it to another.
 */
export interface Sequence {
  readonly cache: Cache
  readonly history: History
  /** Tokens at the end of the history that no committed row stands for yet. */
  readonly outstanding: number
  /** Of the last forward, while they are valid; `logits` at the last row after prefill. */
  readonly outputs: Outputs | undefined
}

/** A history that grows; amortised constant time per token. */
export interface MutableHistory extends History {
  readonly append: (token: number) => void
}

/** The history of a prompt, ready to be appended to. */
export const makeHistory = (prompt: ArrayLike<number>): MutableHistory => {
  let buffer = new Int32Array(Math.max(64, 2 * prompt.length))
  buffer.set(prompt)
  let length = prompt.length
  let view: Int32Array | undefined
  return {
    promptLength: length,
    get length(): number {
      return length
    },
    get tokens(): Int32Array {
      view ??= buffer.subarray(0, length)
      return view
    },
    append(token: number): void {
      if (length === buffer.length) {
        const larger = new Int32Array(2 * length)
        larger.set(buffer)
        buffer = larger
      }
      buffer[length++] = token
      view = undefined
    },
  }
}

/** A sequence as its decoder holds it. */
export interface MutableSequence extends Sequence {
  readonly history: MutableHistory
  outstanding: number
  outputs: Outputs | undefined
}
