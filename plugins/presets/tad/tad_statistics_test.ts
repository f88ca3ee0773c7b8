import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import type { Model, ParadeError } from "@parade/core"
import { fixedCount } from "@parade/fixed-count"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { endToken } from "@parade/recipes"
import * as Effect from "effect/Effect"
import {
  adaptedBy,
  embedded,
  encoderOf,
  greedyParts,
  meanOf,
  onLists,
  type PartFilled,
  saidOf,
  type SaidOf,
  sorting,
  told,
} from "../_answered.ts"
import { count, distilledStatistics } from "../_distilled-statistics.ts"
import { plugin } from "./mod.ts"
import { nearAndDistant, recordTrajectories, type Trajectory } from "./recipe-mod.ts"

delete process.env["PARADE_MODEL"]

// What it was distilled on: lists with one right answer.
distilledStatistics(plugin, { use: "@parade/open-blocks", with: { length: 16 } }, sorting)

const delta = 8
/** States in which something is near and something distant, on a canvas of 32. */
const states = [0, 4, 8, 12, 16, 20]

/** The canvas of a trajectory in one of its states. */
const filledIn = ({ prompt, tokens, steps }: Trajectory, state: number): PartFilled => ({
  prompt,
  fixed: tokens.flatMap((token, at) => (steps[at]! < state ? [{ at, tokens: [token] }] : [])),
})

/** By how much the entropies of a trajectory's positions fall: near and distant ones, over all states, and of those the answer's own. */
const fallsOf = (
  trajectory: Trajectory,
  says: readonly ((canvas: PartFilled) => Effect.Effect<readonly SaidOf[], ParadeError>)[],
) =>
  Effect.gen(function* () {
    const near: number[] = []
    const distant: number[] = []
    const own: { readonly near: number[]; readonly distant: number[] } = { near: [], distant: [] }
    const end = trajectory.tokens.indexOf(endToken)
    for (const state of states) {
      const canvas = filledIn(trajectory, state)
      const said = yield* Effect.forEach(says, (saysOf) => saysOf(canvas))
      const [before, after] = said.map((list) => new Map(list.map((one) => [one.position, one.entropy])))
      const fall = (position: number): number => before!.get(position)! - after!.get(position)!
      const positions = nearAndDistant(trajectory, state, delta)
      near.push(...positions.near.map(fall))
      distant.push(...positions.distant.map(fall))
      const isOwn = (position: number): boolean => position <= end
      own.near.push(...positions.near.filter(isOwn).map(fall))
      own.distant.push(...positions.distant.filter(isOwn).map(fall))
    }
    return { near: meanOf(near).mean, distant: meanOf(distant).mean, own }
  })

test("The entropy of what is filled soon falls more than that of what is filled later.", async (t) => {
  const falls = await onLists([embedded, adaptedBy("@parade/tad")], (models, task) =>
    Effect.gen(function* () {
      const [model] = models as [Model]
      const decoder = maskedDiffusion({
        model,
        unmasker: fixedCount({ by: "confidence" }),
        schedule: blocks({ length: 16 }),
        ...greedyParts(),
      })
      const trajectories = yield* recordTrajectories(task, "test", count, {
        decoder,
        encode: encoderOf(model),
        reference: "copy: {answer}",
        canvas: 32,
        seed: 7,
      })
      const says = models.map(saidOf)
      return yield* Effect.forEach(trajectories, (trajectory) => fallsOf(trajectory, says))
    }),
  )
  const near = meanOf(falls.map((fall) => fall.near))
  const distant = meanOf(falls.map((fall) => fall.distant))
  const difference = meanOf(falls.map((fall) => fall.near - fall.distant))
  const own = (which: "near" | "distant"): string =>
    told(meanOf(falls.flatMap((fall) => (fall.own[which].length > 0 ? [meanOf(fall.own[which]).mean] : []))))
  t.diagnostic(`of the answers' own tokens ${own("near")} near, ${own("distant")} distant`)
  t.diagnostic(`${told(near)} nats near, ${told(distant)} distant, ${falls.length} trajectories`)
  assert.ok(difference.mean - 3 * difference.error > 0, `near minus distant: ${told(difference)}`)
})
