import { argmax, type CacheFactory, firstRows, type Model, type ParadeError, tokenRows } from "@parade/core"
import { chatPrompt, type Encode } from "@parade/recipes"
import { examples, judge, type Task } from "@parade/tasks"
import * as Effect from "effect/Effect"

/** The likeliest tokens after a prompt, up to the end of the text. */
export const greedyTokens = (
  model: Model,
  caches: CacheFactory,
  prompt: readonly number[],
  most: number,
): Effect.Effect<readonly number[], ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { contextLength, endTokens } = model.info
      const cache = yield* caches.make(yield* model.makeStore)
      const answer: number[] = []
      let next: readonly number[] = prompt
      while (answer.length < most && cache.length + next.length < contextLength) {
        const outputs = [{ name: "logits", rows: [next.length - 1] }]
        const phase = answer.length === 0 ? "prefill" : "step"
        const { logits } = yield* model.forward(tokenRows(next, cache.length), { cache, outputs, phase })
        const token = argmax(logits!.row(0))
        if (endTokens.includes(token)) break
        yield* cache.commit(firstRows(next.length))
        answer.push(token)
        next = [token]
      }
      return answer
    }),
  )

/** The shares of held-out examples that the model answers correctly, by `accuracy.<task>` and its categories. */
export const taskAccuracy = (
  model: Model,
  caches: CacheFactory,
  task: Task,
  options: {
    readonly name: string
    readonly count: number
    readonly seed: number
    readonly encode: Encode
  },
): Effect.Effect<Readonly<Record<string, number>>, ParadeError> =>
  Effect.gen(function* () {
    const { name, count, seed, encode } = options
    const answers = []
    for (const example of examples(task, { split: "test", seed, count })) {
      const most = 2 * encode(example.answer).length + 8
      const tokens = yield* greedyTokens(model, caches, chatPrompt(example.prompt, encode), most)
      answers.push({ example, text: model.tokenizer!.decode(tokens) })
    }
    const { accuracy, categories } = judge(answers)
    const parts = task.categories.length > 1 ? Object.entries(categories) : []
    return Object.fromEntries([
      [`accuracy.${name}`, accuracy],
      ...parts.map(([category, quality]) => [`accuracy.${name}/${category}`, quality.accuracy] as const),
    ])
  })
