import {
  type Draws,
  type Exercise,
  type Generate,
  generatedTask,
  partly,
  right,
  type Score,
  type Task,
  type TaskError,
} from "@parade/tasks"
import type { Effect } from "effect/Effect"
import {
  characters,
  collections,
  concerns,
  events,
  listeners,
  phenomena,
  places,
  recipients,
  rivals,
  statements,
  styles,
  undertakings,
} from "./subjects.ts"

/** Words that say nothing about what was asked for. */
const small: ReadonlySet<string> = new Set([
  "a",
  "an",
  "the",
  "of",
  "in",
  "at",
  "to",
  "and",
  "for",
  "that",
  "my",
])

/** The words of a text as they are compared. */
const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\d]+/gu) ?? []

/** Scores by the words of the subject that the answer has: a right answer has them all. */
const naming = (subject: string, answer: string): ((text: string) => Score) => {
  const wanted = [...new Set(wordsOf(subject).filter((word) => !small.has(word)))]
  return (text) => {
    const said = new Set(wordsOf(text))
    const share = wanted.filter((word) => said.has(word)).length / wanted.length
    return share === 1 ? right(text === answer) : partly(share)
  }
}

/** An instruction about a subject; the stored answer names it and no more. */
const about = (prompt: string, subject: string): Exercise => {
  const answer = `This is about ${subject}.`
  return { prompt: `${prompt}\n`, answer, score: naming(subject, answer) }
}

/** The subject alone decides the split: no wording brings it into the other one. */
const instruction =
  (draw: (draws: Draws) => { readonly subject: string; readonly prompts: readonly string[] }): Generate =>
  (draws) => {
    const { subject, prompts } = draw(draws)
    return { instance: `instruction ${subject}`, render: () => about(draws.pick(prompts), subject) }
  }

const explain = instruction((draws) => {
  const subject = draws.pick(phenomena)
  const listener = draws.pick(listeners)
  return {
    subject,
    prompts: [
      `Explain ${subject} to ${listener}.`,
      `What should everyone know about ${subject}?`,
      `Write a short paragraph about ${subject}.`,
      `How would you describe ${subject} to ${listener}?`,
      `Why does ${subject} matter in daily life?`,
    ],
  }
})

const advise = instruction((draws) => {
  const subject = draws.pick(undertakings)
  return {
    subject,
    prompts: [
      `Give me some advice on ${subject}.`,
      `What are common mistakes when ${subject}?`,
      `Make a plan for ${subject}, step by step.`,
      `What do I need to know before ${subject}?`,
    ],
  }
})

const tell = instruction((draws) => {
  const subject = `${draws.pick(characters)} who ${draws.pick(events)}`
  return {
    subject,
    prompts: [
      `Write a short story about ${subject}.`,
      `Tell me a bedtime story about ${subject}.`,
      `Write the beginning of a novel about ${subject}.`,
    ],
  }
})

const list = instruction((draws) => {
  const subject = draws.pick(collections)
  return {
    subject,
    prompts: [
      `List five ${subject}.`,
      `Name ten ${subject} and say a few words about each.`,
      `Make a table of ${subject}.`,
    ],
  }
})

const compare = instruction((draws) => {
  const [one, other] = draws.pick(rivals)
  return {
    subject: `${one} and ${other}`,
    prompts: [
      `Compare ${one} and ${other}.`,
      `What is the difference between ${one} and ${other}?`,
      `Which are better, ${one} or ${other}? Give reasons.`,
    ],
  }
})

const describe = instruction((draws) => {
  const subject = draws.pick(places)
  return { subject, prompts: [`Describe ${subject}.`, `Write a poem about ${subject}.`] }
})

const write = instruction((draws) => {
  const [recipient, concern] = [draws.pick(recipients), draws.pick(concerns)]
  return {
    subject: `${recipient} ${concern}`,
    prompts: [
      `Write a letter to ${recipient} ${concern}.`,
      `Write a short email to ${recipient} ${concern}.`,
    ],
  }
})

/** Sentences are few: here the manner decides too. */
const rewrite: Generate = (draws) => {
  const [sentence, style] = [draws.pick(statements), draws.pick(styles)]
  return {
    instance: `instruction ${style}: ${sentence}`,
    render: () => about(`Rewrite this sentence ${style}: ${sentence}`, sentence.slice(0, -1).toLowerCase()),
  }
}

/** Everyday instructions to a model that chats. */
export const instructionsTask: Effect<Task, TaskError> = generatedTask({
  name: "@parade/instructions",
  description: "everyday instructions: explain, advise, tell, list, compare, describe, write, rewrite",
  categories: { explain, advise, tell, list, compare, describe, write, rewrite },
})
