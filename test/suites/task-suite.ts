import assert from "node:assert/strict"
import {
  type Example,
  examples,
  fillSlots,
  type Split,
  splits,
  type Task,
  totalCorrelation,
} from "@parade/tasks"
import * as Effect from "effect/Effect"
import { failsTyped } from "./_asserts.ts"
import { mutations } from "./_mutations.ts"
import { type Factory, promises, type TestFunction } from "./test-function.ts"

/** Accounts of at most this many answers are checked by enumeration. */
const enumerable = 1500

const take = (task: Task, split: Split, count: number, seed = 0): readonly Example[] =>
  Array.from(examples(task, { split, seed, count }))

/** Some of every category, of both splits. */
const some = (task: Task, perCategory: number): readonly Example[] =>
  splits.flatMap((split) => take(task, split, perCategory * task.categories.length, 7))

/** What of an example can be compared. */
const told = (example: Example) => {
  const space = example.space?.()
  return {
    ...example,
    score: undefined,
    space: space && { slots: space.slots, answers: space.answers, correlation: space.correlation },
    derivations: example.derivations?.(3, 0.5),
  }
}

/** All right answers as texts, where an account lists them. */
const listed = (example: Example): ReadonlySet<string> | undefined => {
  const space = example.space?.()
  if (space === undefined || space.answers > enumerable) return undefined
  return new Set(Array.from(space.enumerate(), (one) => fillSlots(example.answer, space.slots, one)))
}

/**
 * What every task promises: a pure function of split, index and seed; splits without a common instance or prompt; a
 * scorer that knows every right answer and nothing else; an account of the answers that adds up.
 */
export const taskSuite = (test: TestFunction, factory: Factory<Task>): void => {
  const promise = promises(test, "task", factory)
  const plain = (sentence: string, check: (task: Task, skip: (reason: string) => void) => void): void =>
    promise(sentence, (task, skip) => Effect.sync(() => check(task, skip)))

  plain("has a name, a description and categories, which its examples go through in turns", (task) => {
    assert.ok(task.name.length > 0 && task.description.length > 0, "its name or description is missing")
    assert.ok(
      new Set(task.categories).size === task.categories.length && task.categories.length > 0,
      `its categories are ${task.categories.join()}`,
    )
    for (const split of splits)
      assert.deepEqual(
        take(task, split, 2 * task.categories.length).map(({ category }) => category),
        [...task.categories, ...task.categories],
      )
  })

  plain("gives every example an id of its own, a prompt and an answer of well-formed text", (task) => {
    const ids = new Set<string>()
    const all = [...some(task, 20), ...take(task, "train", 20, 8)]
    for (const { id, prompt, answer, instance } of all) {
      ids.add(id)
      assert.ok(prompt !== "" && answer !== "" && instance !== "", id)
      assert.doesNotThrow(() => encodeURIComponent(prompt + answer), id)
    }
    assert.equal(ids.size, all.length)
  })

  plain("gives the same example for the same place, whatever was asked before", (task) => {
    const places = splits.flatMap((split) => [0, 1, 2, 3, 1000, 2 ** 40].map((index) => ({ split, index })))
    const ask = ({ split, index }: { readonly split: Split; readonly index: number }) =>
      told(task.example(split, index, 3))
    const first = places.map(ask)
    const again = places.toReversed().map(ask).toReversed()
    assert.deepEqual(again, first)
  })

  plain("gives other examples for another index and another seed", (task) => {
    const instances = (seed: number) => take(task, "train", 60, seed).map(({ instance }) => instance)
    const first = instances(1)
    assert.ok(new Set(first).size > 10, `only ${new Set(first).size} of 60 differ`)
    assert.notDeepEqual(instances(2), first)
  })

  plain("never has an instance or a prompt in both splits, whatever the seeds", (task) => {
    const count = Math.max(200, 40 * task.categories.length)
    const seen = { train: new Set<string>(), test: new Set<string>() }
    for (const split of splits)
      for (const seed of [0, 1, 2 ** 32])
        for (const { instance, prompt } of take(task, split, count, seed))
          seen[split].add(`instance ${instance}`).add(`prompt ${prompt}`)
    for (const text of seen.test) assert.ok(!seen.train.has(text), `Both splits have the ${text}`)
  })

  plain("goes through all its examples before any comes again, then in another order", (task, skip) => {
    if (task.size === undefined) return skip("It does not count its examples.")
    for (const split of splits) {
      const size = task.size[split]
      assert.ok(size > 0, `it counts ${size} examples in ${split}`)
      const count = Math.min(size, 1000)
      const round = (from: number) =>
        Array.from(examples(task, { split, seed: 5, from, count }), ({ instance }) => instance)
      const first = round(0)
      assert.equal(new Set(first).size, count, split)
      if (size > 10) assert.notDeepEqual(round(size), first, `${split} repeats its order`)
    }
  })

  plain("scores its own answers as right, and with space around them too", (task) => {
    for (const { id, answer, score } of some(task, 20)) {
      assert.deepEqual(score(answer), { correct: true, partial: 1, strict: true }, `${id}: ${answer}`)
      assert.deepEqual(
        score(` ${answer}\n`),
        { correct: true, partial: 1, strict: false },
        `${id}: ${answer}`,
      )
    }
  })

  plain("gives scores that are consistent: whole exactly where right, strict only where right", (task) => {
    for (const { id, answer, score } of some(task, 10))
      for (const text of mutations(answer, id)) {
        const { correct, partial, strict } = score(text)
        const what = `${id}: ${JSON.stringify(text)}`
        assert.ok(partial >= 0 && partial <= 1, `${what} scores ${partial}`)
        assert.equal(partial === 1, correct, what)
        assert.ok(correct || !strict, what)
      }
  })

  plain("scores nothing and noise as wrong", (task) => {
    for (const { id, score } of some(task, 10))
      for (const text of ["", " \n", "\u0000\uFFFF", "§".repeat(5000)])
        assert.equal(score(text).correct, false, `${id}: ${JSON.stringify(text.slice(0, 10))}`)
  })

  plain("scores corrupted answers lower, and as strictly right only what its account lists", (task) => {
    for (const category of task.categories) {
      const own = some(task, 10).filter((example) => example.category === category)
      /** How many texts that are not listed are scored, and how many of them as right. */
      const forgiven = (texts: (example: Example) => readonly string[]): number => {
        let scored = 0
        let correct = 0
        for (const example of own) {
          const account = listed(example)
          const right = account ?? new Set([example.answer])
          for (const text of texts(example)) {
            if (right.has(text)) continue
            const score = example.score(text)
            scored++
            if (score.correct) correct++
            if (account !== undefined)
              assert.ok(!score.strict, `${example.id}: ${JSON.stringify(text)} is not a listed answer`)
          }
        }
        return correct / Math.max(1, scored)
      }
      // A scorer may overlook a lost quote, or all that precedes the final answer, but not everything.
      const mutated = forgiven(({ answer, id }) => mutations(answer, id))
      assert.ok(mutated < 1, `${category}: all corruptions are right`)
      const exchanged = forgiven(() => own.map(({ answer }) => answer))
      assert.ok(exchanged < 0.5, `${category}: ${exchanged} of all answers to other prompts are right`)
    }
  })

  plain("accounts for its right answers: all right, all different, as many as it says", (task, skip) => {
    let checked = 0
    for (const example of some(task, 10)) {
      const space = example.space?.()
      if (space === undefined) continue
      assert.ok(Math.abs(space.entropy - Math.log2(space.answers)) < 1e-9, example.id)
      const right = listed(example)
      if (right === undefined) continue
      checked++
      assert.equal(right.size, space.answers, example.id)
      assert.ok(right.has(example.answer), `${example.id}: its own answer is not listed`)
      for (const text of right) assert.ok(example.score(text).strict, `${example.id}: ${text} is listed`)
    }
    if (checked === 0) skip("It gives no account that could be enumerated.")
  })

  plain("states the total correlation that enumeration finds", (task, skip) => {
    let checked = 0
    for (const example of some(task, 6)) {
      const space = example.space?.()
      if (space === undefined || space.answers > enumerable) continue
      checked++
      const found = totalCorrelation([...space.enumerate()])
      const what = `${example.id}: ${space.correlation} bits where ${found} are right`
      assert.ok(Math.abs(space.correlation - found) < 1e-9, what)
    }
    if (checked === 0) skip("It gives no account that could be enumerated.")
  })

  promise("refuses what is no index or no seed", (task) =>
    Effect.gen(function* () {
      for (const bad of [-1, 0.5, NaN, Infinity, 2 ** 60])
        for (const [index, seed] of [
          [bad, 1],
          [1, bad],
        ] as const)
          yield* failsTyped(
            `index ${index}, seed ${seed}`,
            Effect.try({ try: () => task.example("test", index, seed), catch: (error) => error }),
          )
    }),
  )
}
