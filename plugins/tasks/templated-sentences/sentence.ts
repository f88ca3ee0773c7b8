import type { Draws } from "@parade/tasks"
import { adjectives, people, places, things, type Verb, verbs } from "./words.ts"

/** What a sentence says: who, described how, did what to what, described how, and where. */
export interface Sentence {
  readonly person: string
  readonly personIs: string
  readonly verb: Verb
  readonly thing: string
  readonly thingIs: string
  readonly place: string
}

/** Draws one; the two adjectives differ. */
export const drawSentence = (draws: Draws): Sentence => {
  const [personIs, thingIs] = draws.distinct(2, adjectives.length).map((at) => adjectives[at]!)
  return {
    person: draws.pick(people),
    personIs: personIs!,
    verb: draws.pick(verbs),
    thing: draws.pick(things),
    thingIs: thingIs!,
    place: draws.pick(places),
  }
}

/** “the old farmer”. */
export const subject = ({ person, personIs }: Sentence): string => `the ${personIs} ${person}`

/** “the red cart”. */
export const object = ({ thing, thingIs }: Sentence): string => `the ${thingIs} ${thing}`

/** “at the market”. */
export const where = ({ place }: Sentence): string => `at the ${place}`

const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1)

/** “The old farmer sold the red cart at the market.” */
export const active = (sentence: Sentence): string =>
  `${capital(subject(sentence))} ${sentence.verb.past} ${object(sentence)} ${where(sentence)}.`

/** “The red cart was sold by the old farmer at the market.” */
export const passive = (sentence: Sentence): string =>
  `${capital(object(sentence))} was ${sentence.verb.participle} by ${subject(sentence)} ${where(sentence)}.`
