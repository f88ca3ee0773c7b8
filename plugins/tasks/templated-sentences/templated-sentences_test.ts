import assert from "node:assert/strict"
import { test } from "node:test"
import { examples } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TemplatedSentencesConfig, templatedSentencesTask } from "./mod.ts"
import { active, passive, type Sentence } from "./sentence.ts"
import { adjectives, people, places, things, verbs } from "./words.ts"

const exercises = (config: unknown, count = 100) => {
  const task = Effect.runSync(
    templatedSentencesTask(Schema.decodeUnknownSync(TemplatedSentencesConfig)(config)),
  )
  return Array.from(examples(task, { split: "train", count }))
}

test("no word is listed twice, nor in two classes, so that a gap tells its class", () => {
  const words = [...people, ...things, ...adjectives, ...places]
  assert.equal(new Set(words).size, words.length)
  assert.equal(new Set(verbs.map(({ past }) => past)).size, verbs.length)
  for (const word of words) assert.match(word, /^[a-z]+$/)
})

const sale: Sentence = {
  person: "farmer",
  personIs: "old",
  verb: { past: "sold", participle: "sold" },
  thing: "cart",
  thingIs: "tiny",
  place: "market",
}

test("a sentence is told in both voices", () => {
  assert.equal(active(sale), "The old farmer sold the tiny cart at the market.")
  assert.equal(passive(sale), "The tiny cart was sold by the old farmer at the market.")
})

test("a paraphrase says the same of the same", () => {
  for (const { prompt, answer } of exercises({ operations: ["paraphrase"] })) {
    const [, who, , what, where] = /: The (\w+ \w+) (.+) the (\w+ \w+) (at the \w+)\.\n/.exec(prompt)!
    assert.match(answer, new RegExp(`^The ${what} was .+ by the ${who} ${where}\\.$`))
  }
})

test("answers are found in what was told", () => {
  for (const { prompt, answer } of exercises({ operations: ["answer"] }))
    assert.ok(prompt.split(".")[0]!.toLowerCase().includes(answer), `${prompt}${answer}`)
})

test("case and punctuation do not matter to what is right, words do", () => {
  const [{ answer, score }] = exercises({ operations: ["paraphrase"] }, 1) as [
    ReturnType<typeof exercises>[0],
  ]
  const { correct, strict } = score(answer.toLowerCase().replace(".", "!"))
  assert.deepEqual([correct, strict], [true, false])
  const words = answer.split(" ")
  assert.ok(!score(words.with(1, "purple").join(" ")).correct)
  assert.ok(score(words.with(1, "purple").join(" ")).partial > 0.8)
  assert.ok(!score(words.slice(1).join(" ")).correct)
})

test("a gap takes any word of its class and no other", () => {
  for (const { answer, score } of exercises({ operations: ["fill"], gaps: 1 })) {
    const own = [people, things, adjectives, places].find((words) => words.includes(answer))
    for (const words of [people, things, adjectives, places])
      assert.equal(score(words[0]!).correct, words === own, `${words[0]} for ${answer}`)
  }
})

test("several gaps decide more bits and lose none; a word repeated loses all of its bits", () => {
  const [filled] = exercises({ operations: ["fill"], gaps: 4 }, 1)
  const { entropy, correlation } = filled!.space!()
  const all = [people, things, adjectives, places].map((words) => Math.log2(words.length))
  assert.ok(Math.abs(entropy - all.reduce((sum, bits) => sum + bits, 0)) < 1e-9)
  assert.equal(correlation, 0)
  const [repeated] = exercises({ operations: ["repeat"] }, 1)
  assert.equal(repeated!.space!().correlation, Math.log2(adjectives.length))
})

test("two different words are not the same word", () => {
  const [{ score }] = exercises({ operations: ["repeat"] }, 1) as [ReturnType<typeof exercises>[0]]
  assert.ok(score("old, old").correct)
  assert.equal(score("old, new").partial, 0.5)
  assert.equal(score("farmer, farmer").partial, 0)
})

test("the words of a sentence may describe either noun", () => {
  for (const { prompt, space, score } of exercises({ operations: ["write"] })) {
    const words = /words (.*)\./.exec(prompt)![1]!.split(", ")
    for (const contents of space!().enumerate()) {
      const text = `${contents.join(" ")}.`
      assert.ok(score(text).strict)
      for (const word of words) assert.ok(text.includes(word), `${word} in ${text}`)
    }
  }
})
