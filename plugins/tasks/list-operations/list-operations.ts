import {
  checkRange,
  type Draws,
  type Generate,
  generatedTask,
  partly,
  right,
  type Score,
  type Task,
  type TaskError,
  wrong,
} from "@parade/tasks"
import * as Effect from "effect/Effect"
import type { ListOperationsConfig } from "./config.ts"
import { listCorrelation, listEntropy } from "./information.ts"
import { drawItems } from "./items.ts"
import { type ListNotation, listNotations } from "./notation.ts"
import { type ListInput, type ListOperation, type ListOperationName, listOperations } from "./operations.ts"
import { promptOf } from "./wording.ts"

const scorer =
  (operation: ListOperation, input: ListInput, notation: ListNotation) =>
  (text: string): Score => {
    const given = notation.read(text)
    if (given === undefined) return wrong
    const share = operation.share(input, given)
    return share === 1 ? right(text === notation.write(given)) : partly(share)
  }

const generate =
  (name: ListOperationName, config: ListOperationsConfig): Generate =>
  (draws: Draws) => {
    const operation: ListOperation = listOperations[name]
    const notation = listNotations[config.notation]
    const n = draws.between(config.minItems, config.maxItems)
    const drawn = drawItems[config.items](draws, n + 1)
    const items = drawn.slice(0, n)
    return {
      // What is in a list decides, not its order: else a sorted list of one split could stand in the other.
      instance: `list ${items.toSorted().join(", ")}`,
      render() {
        const index = operation.index === undefined ? 0 : draws.below(operation.index === "gap" ? n + 1 : n)
        const input: ListInput = { items, word: drawn[n]!, index }
        const answer = operation.draw(input, draws)
        return {
          prompt: promptOf(config.wording, name, input, notation.write(items)),
          answer: notation.write(answer),
          score: scorer(operation, input, notation),
          space: () => ({
            slots: notation.spans(answer),
            answers: operation.answers(n),
            entropy: listEntropy(name, n),
            correlation: listCorrelation(name, n),
            enumerate: () => operation.enumerate(input),
          }),
        }
      },
    }
  }

/** The list operations of a config as a task, a category each. */
export const listOperationsTask = (config: ListOperationsConfig): Effect.Effect<Task, TaskError> =>
  Effect.flatMap(checkRange(config, "minItems", "maxItems"), () =>
    generatedTask({
      name: "@parade/list-operations",
      description: `${config.operations.join(", ")} of ${config.minItems} to ${config.maxItems} ${config.items} (${config.notation}, ${config.wording})`,
      categories: Object.fromEntries(config.operations.map((name) => [name, generate(name, config)])),
    }),
  )
