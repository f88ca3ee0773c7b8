import { definePlugin, type Plugin } from "@parade/core"
import { chain, type Draft, type DraftContext, type Drafter, DrafterKind, emptyTree } from "@parade/drafting"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** What follows the longest beginning of a phrase that the text ends with. */
const completion = (text: Int32Array, phrase: Int32Array, room: number): Int32Array | undefined => {
  for (let known = Math.min(text.length, phrase.length - 1); known > 0; known--)
    if (phrase.subarray(0, known).every((token, i) => token === text[text.length - known + i]))
      return phrase.subarray(known, known + room)
  return undefined
}

const open = (phrases: readonly string[], { target, history }: DraftContext): Draft => {
  const encoded = phrases.map(
    (phrase) => target.tokenizer?.encode(phrase, { addSpecialTokens: false }) ?? new Int32Array(),
  )
  return {
    plan: ({ nodes, depth }) => {
      const found = encoded.map((phrase) => completion(history.tokens, phrase, Math.min(nodes, depth)))
      const best = found.find((tokens) => tokens !== undefined && tokens.length > 0)
      return Effect.succeed(best === undefined ? emptyTree : chain(best))
    },
    observe: () => Effect.void,
  }
}

/** Drafts the rest of a phrase as soon as the text has begun it. */
export const phrasebook: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "phrasebook",
  summary: "Completes set phrases.",
  config: Schema.Struct({
    phrases: Schema.Array(Schema.NonEmptyString).annotate({ description: "Phrases that are often said." }),
  }),
  capabilities: ["proposes: point", "training-free"],
  make: ({ phrases }) =>
    Effect.succeed({
      name: "phrasebook",
      proposes: ["point"],
      open: (context) => Effect.succeed(open(phrases, context)),
    }),
})
