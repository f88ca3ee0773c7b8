import {
  type Exercise,
  type Generate,
  partly,
  right,
  type Score,
  sharedPlaces,
  singleAnswer,
} from "@parade/tasks"
import { active, drawSentence, object, passive, type Sentence, subject, where } from "./sentence.ts"
import { wordSlots } from "./word-slots.ts"

/** The words of a text as they are compared: without regard to case and punctuation. */
export const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\d#]+/gu) ?? []

const firstLine = (text: string): string => text.trim().split("\n")[0]!

/** An exercise with one right phrase; partly right by words in their places. */
const phrase = (prompt: string, answer: string): Exercise => {
  const expected = wordsOf(answer)
  return {
    prompt,
    answer,
    score(text): Score {
      const share = sharedPlaces(expected, wordsOf(firstLine(text)))
      return share === 1 ? right(text === answer) : partly(share)
    },
    space: () => singleAnswer(answer, wordSlots(answer)),
  }
}

const instanceOf = (sentence: Sentence): string => `sentence ${active(sentence)}`

/** The same in the passive voice. */
export const paraphrase: Generate = (draws) => {
  const sentence = drawSentence(draws)
  return {
    instance: instanceOf(sentence),
    render: () => phrase(`Say it in the passive: ${active(sentence)}\n`, passive(sentence)),
  }
}

/** Who, what or where, of a sentence in either voice. */
export const answer: Generate = (draws) => {
  const sentence = drawSentence(draws)
  return {
    instance: instanceOf(sentence),
    render() {
      const told = draws.below(2) === 0 ? active(sentence) : passive(sentence)
      const { verb, person, thing } = sentence
      const [question, reply] = draws.pick([
        [`Who ${verb.past} the ${thing}?`, subject(sentence)],
        [`What was ${verb.participle} by the ${person}?`, object(sentence)],
        [`Where was the ${thing} ${verb.participle}?`, where(sentence)],
      ] as const)
      return phrase(`${told} ${question}\n`, reply)
    },
  }
}

/** The sentence that some words in alphabetical order are of; either noun may have the one adjective. */
export const write: Generate = (draws) => {
  const { person, personIs: adjective, verb, thing } = drawSentence(draws)
  const words = [person, adjective, verb.past, thing].sort()
  return {
    instance: `words ${words.join(" ")}`,
    render(): Exercise {
      const both = [
        `The ${adjective} ${person} ${verb.past} the ${thing}.`,
        `The ${person} ${verb.past} the ${adjective} ${thing}.`,
      ]
      const chosen = draws.pick(both)
      const slots = wordSlots(chosen)
      const inSlots = both.map((text) => wordSlots(text).map(({ start, end }) => text.slice(start, end)))
      const fixed = inSlots[0]!.filter((word, i) => word === inSlots[1]![i]).length
      return {
        prompt: `Write a sentence with the words ${words.join(", ")}.\n`,
        answer: chosen,
        score(text): Score {
          const given = wordsOf(firstLine(text))
          const share = Math.max(...both.map((one) => sharedPlaces(wordsOf(one), given)))
          return share === 1 ? right(both.includes(text)) : partly(share)
        },
        space: () => ({
          slots,
          answers: 2,
          entropy: 1,
          // One bit decides all; each word that differs between the two answers carries it again.
          correlation: slots.length - fixed - 1,
          enumerate: () => inSlots,
        }),
      }
    },
  }
}
