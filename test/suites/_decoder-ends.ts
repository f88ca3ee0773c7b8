import assert from "node:assert/strict"
import type { Request } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { scriptedModel } from "../models/scripted-model.ts"
import { tableModel } from "../models/table-model.ts"
import { failsTyped } from "./_asserts.ts"
import {
  type DecoderBench,
  endToken,
  endsOf,
  eventsOf,
  finishOf,
  partsOf,
  prompt,
  repeating,
  requestFor,
  samplers,
  target,
} from "./_decoder-bench.ts"
import type { Registrar } from "./test-function.ts"

const badRequests: readonly (readonly [what: string, request: Request])[] = [
  ["a prompt without tokens", requestFor(4, 1, {}, [])],
  ["a prompt without parts", { ...requestFor(4), prompt: [] }],
  ["a token past the vocabulary", requestFor(4, 1, {}, [1, 6])],
  ["a token below 0", requestFor(4, 1, {}, [1, -1])],
  ["half a token", requestFor(4, 1, {}, [0.5])],
  ["a negative number of tokens", requestFor(-1)],
  ["a number of tokens that is none", requestFor(NaN)],
  ["a seed that is no integer", requestFor(4, 0.5)],
  ["a negative seed", requestFor(4, -1)],
  ["a stop token past the vocabulary", requestFor(4, 1, { tokens: [6] })],
  ["an empty stop string", requestFor(4, 1, { strings: [""] })],
  ["vectors of a wrong length", { ...requestFor(4), prompt: [{ vectors: new Float32Array(3), rows: 2 }] }],
]

/** A text ends where it should, for the reason it gives. */
export const promiseDecoderEnds = (promise: Registrar<DecoderBench>): void => {
  promise("has exactly as many tokens as asked for where nothing else ends it", (bench) =>
    Effect.gen(function* () {
      for (const [name, sampler] of samplers)
        for (let maxTokens = 1; maxTokens <= 12; maxTokens++) {
          const { tokens, reason } = yield* finishOf(bench, partsOf({ sampler }), requestFor(maxTokens))
          assert.equal(tokens.length, maxTokens, name)
          assert.equal(reason, "maxTokens")
        }
    }),
  )

  promise("a text of no tokens is refused or empty", (bench) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(eventsOf(bench, partsOf(), requestFor(0)))
      if (Exit.isFailure(exit)) yield* failsTyped("a text of no tokens", exit)
      else assert.deepEqual(endsOf(exit.value).finished.tokens, [])
    }),
  )

  promise("the end of text is committed, not shown, and followed by nothing", (bench) =>
    Effect.gen(function* () {
      let ended = 0
      for (const [, sampler] of samplers)
        for (let seed = 1; seed <= 8; seed++) {
          const parts = partsOf({ model: target, sampler })
          const { tokens, text, reason } = yield* finishOf(bench, parts, requestFor(40, seed))
          const end = tokens.indexOf(endToken)
          if (end < 0) continue
          ended++
          assert.equal(end, tokens.length - 1, `${tokens.join()} goes on`)
          assert.equal(reason, "endToken")
          assert.equal(text, target.tokenizer!.decode(tokens))
          assert.ok(!text.includes("end"), `the end token shows in ${JSON.stringify(text)}`)
        }
      assert.ok(ended > 0, "none of many texts ends")
    }),
  )

  promise("goes on after the end of text where the request says so", (bench) =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 4; seed++) {
        const parts = partsOf({ model: target, sampler: samplers[1]![1] })
        const { tokens, reason } = yield* finishOf(bench, parts, requestFor(40, seed, { ignoreEnd: true }))
        assert.equal(tokens.length, 40)
        assert.equal(reason, "maxTokens")
      }
    }),
  )

  promise("a stop token is committed and followed by nothing", (bench) =>
    Effect.gen(function* () {
      const whole = yield* finishOf(bench, partsOf(), requestFor(20))
      const stop = whole.tokens[3]!
      const { tokens, reason, text } = yield* finishOf(
        bench,
        partsOf(),
        requestFor(20, 1, { tokens: [stop] }),
      )
      assert.equal(tokens.indexOf(stop), tokens.length - 1)
      assert.equal(reason, "stopToken")
      assert.ok(
        text.length <= repeating.tokenizer!.decode(tokens).length,
        "the text is longer than its tokens",
      )
    }),
  )

  for (const [what, stop] of [
    ["within a token", "l"],
    ["across tokens", "world w"],
    ["that begins as another place does", "wow!"],
  ] as const)
    promise(`neither a stop string ${what} nor anything behind it is shown`, (bench) =>
      Effect.gen(function* () {
        const said = "hello wo world wow! and more"
        const pieces = ["hello", ...new Set(`?${said}`)]
        const model = scriptedModel({ prompt: "?", text: said, pieces })
        const request = requestFor(60, 1, { strings: ["never said", stop] }, [
          ...model.tokenizer!.encode("?"),
        ])
        const { text, reason, tokens } = yield* finishOf(bench, partsOf({ model }), request)
        assert.equal(reason, "stopString")
        assert.equal(text, said.slice(0, said.indexOf(stop)))
        const all = model.tokenizer!.decode(tokens)
        assert.ok(all.includes(stop), "the tokens of the stop string are committed")
        const before = model.tokenizer!.decode(tokens.slice(0, -1))
        assert.ok(!before.includes(stop), "nothing is committed after it")
      }),
    )

  promise("text that only begins like a stop string is shown in the end", (bench) =>
    Effect.gen(function* () {
      const model = scriptedModel({ prompt: "?", text: "hello worl" })
      const request = requestFor(60, 1, { strings: ["world"] }, [...model.tokenizer!.encode("?")])
      const { text, reason } = yield* finishOf(bench, partsOf({ model }), request)
      assert.equal(reason, "endToken")
      assert.equal(text, "hello worl")
    }),
  )

  promise("characters of several tokens are shown whole", (bench) =>
    Effect.gen(function* () {
      const bytes = Array.from(new TextEncoder().encode("é€😀"), (byte) => Uint8Array.of(byte))
      const model = scriptedModel({ prompt: "?", text: "aé€😀b€", pieces: ["?", "a", "b", ...bytes] })
      const request = requestFor(60, 1, {}, [0])
      const events = yield* eventsOf(bench, partsOf({ model }), request)
      assert.equal(endsOf(events).finished.text, "aé€😀b€")
      for (const event of events)
        if (event.type === "committed")
          assert.ok(!(event.text as string).includes("\ufffd"), "a character is cut in two")
    }),
  )

  promise("ends where the context ends, having used all of it", (bench) =>
    Effect.gen(function* () {
      for (const contextLength of [prompt.length, prompt.length + 1, 12]) {
        const model = tableModel({ vocabularySize: 6, order: 1, seed: 5, contextLength })
        const { tokens, reason } = yield* finishOf(bench, partsOf({ model }), requestFor(40))
        assert.equal(reason, "contextLength")
        // The last token needs no row.
        assert.equal(prompt.length + tokens.length, contextLength + 1)
      }
    }),
  )

  for (const [what, request] of badRequests)
    promise(`refuses ${what}`, (bench) => failsTyped(what, eventsOf(bench, partsOf(), request)))

  promise("refuses a prompt longer than the context", (bench) => {
    const model = tableModel({ vocabularySize: 6, order: 1, seed: 5, contextLength: 4 })
    return failsTyped(
      "a prompt of 5 rows in a context of 4",
      eventsOf(bench, partsOf({ model }), requestFor(4)),
    )
  })
}
