import { chain, type Drafter, emptyTree } from "@parade/drafting"
import { integer, mix, stream } from "../_hash.ts"
import { drafterOf } from "./_drafter.ts"

/** Drafters that keep the contract, however bad what they propose. */

/** Never proposes anything. */
export const emptyDrafter: Drafter = drafterOf("empty", () => emptyTree)

/** Knows the whole text, prompt first, and proposes as much of it as it may. */
export const oracleDrafter = (text: ArrayLike<number>): Drafter =>
  drafterOf("oracle", ({ history }, { nodes, depth }) =>
    chain(Array.from(text).slice(history.length, history.length + Math.min(nodes, depth))),
  )

/** Knows the whole text and proposes anything but it. */
export const wrongDrafter = (text: ArrayLike<number>): Drafter =>
  drafterOf("wrong", ({ history, target }, { nodes, depth }) =>
    chain(
      Array.from({ length: Math.min(nodes, depth) }, (_, i) => {
        const right = text[history.length + i] ?? 0
        return (right + 1) % target.info.vocabularySize
      }),
    ),
  )

/** How a random tree is grown. */
export interface RandomTreeOptions {
  readonly seed: number
  /** The whole text, prompt first; nodes on the right path carry it with probability `hit`. */
  readonly text?: ArrayLike<number>
  readonly hit?: number
}

/**
 * A random tree of any shape within the budget, siblings distinct, another one every round. With the text at hand
 * some of its paths are right down to some depth, so that acceptance ends anywhere.
 */
export const randomTreeDrafter = ({ seed, text, hit = 0.7 }: RandomTreeOptions): Drafter =>
  drafterOf("random-tree", ({ history, target }, budget) => {
    const next = stream(mix(seed, history.length))
    const size = integer(next, budget.nodes + 1)
    const tokens: number[] = []
    const parents: number[] = []
    const depths: number[] = []
    const right: boolean[] = []
    for (let node = 0; node < size; node++) {
      const parent = integer(next, tokens.length + 1) - 1
      const depth = parent < 0 ? 1 : depths[parent]! + 1
      const truth = parent < 0 || right[parent]! ? text?.[history.length + depth - 1] : undefined
      const token = truth !== undefined && next() < hit ? truth : integer(next, target.info.vocabularySize)
      if (depth > budget.depth || parents.some((p, i) => p === parent && tokens[i] === token)) continue
      tokens.push(token)
      parents.push(parent)
      depths.push(depth)
      right.push(token === truth)
    }
    return { tokens, parents }
  })

/** The right text, with the end of text drafted in its midst and more after it. */
export const endInsideDrafter = (text: ArrayLike<number>, endToken: number): Drafter =>
  drafterOf("end-inside", ({ history }, { nodes, depth }) => {
    const tokens = Array.from(text).slice(history.length, history.length + Math.min(nodes, depth))
    if (tokens.length > 1) tokens[history.length % tokens.length] = endToken
    return chain(tokens)
  })
