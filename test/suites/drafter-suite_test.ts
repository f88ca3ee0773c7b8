import { test } from "node:test"
import type { DraftTree, Model } from "@parade/core"
import { chain, type DraftPlan, type Drafter } from "@parade/drafting"
import * as Effect from "effect/Effect"
import {
  childFirstDrafter,
  drafterSuite,
  duplicateSiblingsDrafter,
  emptyDrafter,
  outOfVocabularyDrafter,
  overLongDrafter,
  randomTreeDrafter,
  sampledDrafter,
  tableDistribution,
  undeclaredVectorDrafter,
  watchfulDrafter,
} from "../mod.ts"
import { drafterOf } from "../drafters/_drafter.ts"
import { assertCaught } from "./_broken.ts"

const q = (tokens: readonly number[]) =>
  Float64Array.from({ length: 7 }, (_, token) => 1 + ((token * 3 + tokens.at(-1)!) % 5))
const iid = sampledDrafter({ law: "iid", trials: 2, q })

drafterSuite(test, () => Effect.succeed(emptyDrafter), { silent: true })
drafterSuite(test, () => Effect.succeed(randomTreeDrafter({ seed: 3 })))
drafterSuite(test, () => Effect.succeed(watchfulDrafter({ seed: 4 })))
drafterSuite(test, () => Effect.succeed(iid))
drafterSuite(test, () => Effect.succeed(sampledDrafter({ law: "withoutReplacement", trials: 3, q })))

const catches = (what: string, broken: Drafter | ((target: Model) => Drafter), sentence: string): void => {
  test(`the drafter suite catches ${what}`, () =>
    assertCaught(
      (collect) =>
        drafterSuite(collect, (target) =>
          Effect.succeed(typeof broken === "function" ? broken(target) : broken),
        ),
      sentence,
    ))
}

const withTree = (drafter: Drafter, change: (tree: DraftTree) => DraftPlan): Drafter => ({
  ...drafter,
  open: (context) =>
    Effect.map(drafter.open(context), (draft) => ({
      ...draft,
      plan: (budget) => Effect.map(draft.plan(budget), change),
    })),
})

const sound = "plans sound trees within every budget, by the laws it declares"
catches("a budget that is ignored", overLongDrafter([]), sound)
catches(
  "a token proposed twice under one parent",
  duplicateSiblingsDrafter([1, 2, 1, 2, 3, 1, 2, 3, 1, 2]),
  sound,
)
catches("a token outside the vocabulary", outOfVocabularyDrafter, sound)
catches("a child before its parent", childFirstDrafter, sound)
catches("a law that is not declared", { ...iid, proposes: ["withoutReplacement"] }, sound)
catches(
  "a draw that is not listed",
  withTree(iid, (tree) => ({
    ...tree,
    laws: new Map(
      Array.from(tree.laws ?? [], ([node, law]) => [
        node,
        law.law === "point" ? law : { ...law, trials: Array.from(law.trials).slice(1) },
      ]),
    ),
  })),
  sound,
)
catches(
  "a law other than the one drawn by",
  withTree(iid, (tree) => ({
    ...tree,
    laws: new Map(
      Array.from(tree.laws ?? [], ([node, law]) => [
        node,
        law.law === "point" ? law : { ...law, q: tableDistribution(new Float64Array(7).fill(1)) },
      ]),
    ),
  })),
  "draws by the law it says, over many seeds",
)
catches("vectors that are not declared", undeclaredVectorDrafter, sound)
catches(
  "auxiliary rows past the context",
  withTree(randomTreeDrafter({ seed: 3 }), (tree) => ({
    ...tree,
    auxiliary: { tokens: new Int32Array(65), parents: new Int32Array(65).fill(-1) },
  })),
  sound,
)
catches(
  "an output that is read and not declared",
  {
    name: "undeclared",
    proposes: ["point"],
    uses: { newest: ["logits"] },
    open: ({ prompt }) =>
      Effect.succeed({
        plan: ({ nodes, depth }) =>
          Effect.sync(() =>
            nodes * depth === 0 ? chain([]) : chain([prompt.newest["hidden.final"]!.row(0)[0]!]),
          ),
        observe: () => Effect.void,
      }),
  },
  sound,
)
catches("silence that is not declared", emptyDrafter, "proposes something for a text that repeats")
catches(
  "a generator of its own",
  (() => {
    let calls = 0
    return drafterOf("random", (_, { nodes, depth }) =>
      chain(Array.from({ length: Math.min(nodes, depth) }, () => ++calls % 7)),
    )
  })(),
  "plans the same for the same seed",
)
catches(
  "state shared between texts",
  (() => {
    let newest = 0
    return drafterOf("shared", ({ history }, { nodes, depth }) => {
      const tree = chain(Array.from({ length: Math.min(nodes, depth) }, () => newest))
      newest = history.tokens.at(-1)!
      return tree
    })
  })(),
  "two texts at once do not disturb each other",
)
catches(
  "a plan that counts on all of it being verified",
  {
    name: "trusting",
    proposes: ["point"],
    open: () =>
      Effect.sync(() => {
        let planned = 0
        return {
          plan: ({ nodes, depth }) =>
            Effect.sync(() =>
              chain(Array.from({ length: (planned = Math.min(nodes, depth)) }, (_, i) => i % 7)),
            ),
          observe: ({ tree }) =>
            tree.tokens.length === planned ? Effect.void : Effect.die(new RangeError("another tree")),
        }
      }),
  },
  "goes on after any outcome",
)
catches(
  "a forward of the target",
  {
    name: "runs the target",
    proposes: ["point"],
    open: ({ target }) =>
      Effect.succeed({
        plan: () =>
          Effect.as(
            target.forward({ tokens: new Int32Array(0), positions: new Int32Array(0) }, {} as never),
            chain([]),
          ),
        observe: () => Effect.void,
      }),
  },
  "never calls a forward of the target",
)
