import { chain, type DraftPlan, type Drafter } from "@parade/drafting"
import { drafterOf } from "./_drafter.ts"

/**
 * Drafters that break the contract. A decoder may refuse them with a typed failure or decode as if the broken part
 * were not there; it must not crash, hang, or say another text.
 */

/** Proposes more nodes and levels than the budget allows; the text, where it is given, so that all would fit. */
export const overLongDrafter = (text: ArrayLike<number>): Drafter =>
  drafterOf("over-long", ({ history, target }, { nodes, depth }) =>
    chain(
      Array.from(
        { length: 2 * Math.max(nodes, depth) + 3 },
        (_, i) => text[history.length + i] ?? i % target.info.vocabularySize,
      ),
    ),
  )

/** Proposes every token of the text twice under the same parent. */
export const duplicateSiblingsDrafter = (text: ArrayLike<number>): Drafter =>
  drafterOf("duplicate-siblings", ({ history }, { nodes, depth }) => {
    const tokens: number[] = []
    const parents: number[] = []
    for (let level = 0; level < Math.min(depth, Math.floor(nodes / 2)); level++) {
      const token = text[history.length + level]
      if (token === undefined) break
      tokens.push(token, token)
      parents.push(2 * level - 1, 2 * level - 1)
    }
    return { tokens, parents }
  })

const constantDrafter = (name: string, tree: (vocabularySize: number) => DraftPlan): Drafter =>
  drafterOf(name, ({ target }, { nodes, depth }) =>
    nodes < 2 || depth < 2 ? chain([]) : tree(target.info.vocabularySize),
  )

/** Proposes a token one past the vocabulary. */
export const outOfVocabularyDrafter: Drafter = constantDrafter("out-of-vocabulary", (size) =>
  chain([size, 0]),
)

/** Proposes a negative token, which elsewhere means a vector. */
export const negativeTokenDrafter: Drafter = constantDrafter("negative-token", () => chain([-1, 0]))

/** Proposes a child before its parent. */
export const childFirstDrafter: Drafter = constantDrafter("child-first", () => ({
  tokens: [0, 1],
  parents: [1, -1],
}))

/** Proposes more tokens than parents. */
export const missingParentDrafter: Drafter = constantDrafter("missing-parent", () => ({
  tokens: [0, 1],
  parents: [-1],
}))

/** Hangs an auxiliary row on a row that is not there. */
export const lostAuxiliaryDrafter: Drafter = constantDrafter("lost-auxiliary", () => ({
  ...chain([0, 0]),
  auxiliary: { tokens: [0], parents: [2] },
}))

/** Plans a vector without saying that it uses vectors. */
export const undeclaredVectorDrafter: Drafter = constantDrafter("undeclared-vector", () => ({
  ...chain([0, 0]),
  auxiliary: { tokens: [-1], parents: [-1], vectors: new Float32Array(2) },
}))
