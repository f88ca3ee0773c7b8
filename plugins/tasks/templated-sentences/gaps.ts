import { type Exercise, type Generate, partly, right, type Score } from "@parade/tasks"
import { wordsOf } from "./phrasing.ts"
import { active, drawSentence, type Sentence } from "./sentence.ts"
import { adjectives, people, places, things } from "./words.ts"
import { wordSlots } from "./word-slots.ts"

/** What can be left out of a sentence, and the words that fit there. */
const classes = [
  ["personIs", adjectives],
  ["person", people],
  ["thing", things],
  ["place", places],
] as const satisfies readonly (readonly [keyof Sentence, readonly string[]])[]

type Part = (typeof classes)[number]

/** The sentence with `___` for some parts. */
const gapped = (sentence: Sentence, parts: readonly Part[]): string =>
  active({ ...sentence, ...Object.fromEntries(parts.map(([part]) => [part, "___"])) })

const firstWords = (text: string): readonly string[] => wordsOf(text.trim().split("\n")[0]!)

/** Words for gaps, any of their classes: many bits are decided, and none of them depends on another. */
export const fill =
  (gaps: number): Generate =>
  (draws) => {
    const sentence = drawSentence(draws)
    const chosen = new Set(draws.distinct(gaps, classes.length))
    const parts = classes.filter((_, at) => chosen.has(at))
    const text = gapped(sentence, parts)
    return {
      // The sentence with its gaps decides: it is all that is asked.
      instance: `gaps ${text}`,
      render(): Exercise {
        const words = parts.map(([part]) => sentence[part])
        const answer = words.join(", ")
        const answers = parts.reduce((product, [, words]) => product * words.length, 1)
        return {
          prompt: `Fill each gap with a word that fits: ${text}\n`,
          answer,
          score(text): Score {
            const given = firstWords(text)
            const fitting = parts.filter(([, words], i) => words.includes(given[i] ?? "")).length
            const share = fitting / Math.max(parts.length, given.length)
            return share === 1 ? right(text === given.join(", ")) : partly(share)
          },
          space: () => ({
            slots: wordSlots(answer),
            answers,
            entropy: Math.log2(answers),
            correlation: 0,
            enumerate: () => combinations(parts.map(([, words]) => words)),
          }),
        }
      },
    }
  }

function* combinations(classes: readonly (readonly string[])[]): Generator<readonly string[]> {
  const [first, ...rest] = classes
  if (first === undefined) yield []
  else for (const word of first) for (const others of combinations(rest)) yield [word, ...others]
}

/** One adjective for both gaps: every bit is decided twice, so drawing both at once loses it. */
export const repeat: Generate = (draws) => {
  const sentence = drawSentence(draws)
  const text = active({ ...sentence, personIs: "___", thingIs: "___" })
  return {
    instance: `gaps ${text}`,
    render(): Exercise {
      const answer = `${sentence.personIs}, ${sentence.personIs}`
      return {
        prompt: `Fill both gaps with the same word: ${text}\n`,
        answer,
        score(text): Score {
          const given = firstWords(text)
          const fits = adjectives.includes(given[0] ?? "")
          if (fits && given.length === 2 && given[0] === given[1]) return right(text === given.join(", "))
          const either = fits || adjectives.includes(given[1] ?? "")
          return partly(either ? 0.5 : 0)
        },
        space: () => ({
          slots: wordSlots(answer),
          answers: adjectives.length,
          entropy: Math.log2(adjectives.length),
          correlation: Math.log2(adjectives.length),
          enumerate: () => adjectives.map((word) => [word, word]),
        }),
      }
    },
  }
}
