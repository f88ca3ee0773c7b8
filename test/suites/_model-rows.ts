import assert from "node:assert/strict"
import {
  argmaxOf,
  type Distribution,
  logitsDistribution,
  readoutDistribution,
  namesTokens,
  readoutNames,
  readoutTop,
  tokenRows,
} from "@parade/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { sameFloats } from "./_asserts.ts"
import type { ModelBench } from "./_model-bench.ts"
import type { Registrar } from "./test-function.ts"

/** A token is the one where the cumulative distribution passes `u`, or next to it where that is near. */
const assertDrawnAt = (distribution: Distribution, token: number, u: number): void => {
  const { tokens, probabilities } = distribution.support()
  const place = tokens.indexOf(token)
  assert.ok(place >= 0, `token ${token}, which was drawn, is possible`)
  const before = probabilities.subarray(0, place).reduce((sum, x) => sum + x, 0)
  assert.ok(
    before - 1e-5 <= u && u <= before + probabilities[place]! + 1e-5,
    `token ${token} is from ${before} on and has ${probabilities[place]}; drawn at ${u}`,
  )
}

/** Rows in, named rows out. */
export const promiseModelRows = (promise: Registrar<ModelBench>): void => {
  promise("its info is consistent", ({ model: { info, tokenizer, layout } }) =>
    Effect.sync(() => {
      for (const size of [info.vocabularySize, info.contextLength, info.width, info.positionAxes])
        assert.ok(Number.isInteger(size) && size > 0, `sizes are positive integers, not ${size}`)
      assert.ok(info.outputs.includes("logits"), "logits can be asked for")
      assert.ok(info.visibility.includes("ranked"), "a model is at least causal")
      for (const token of info.endTokens)
        assert.ok(token >= 0 && token < info.vocabularySize, `end token ${token} is in the vocabulary`)
      assert.ok(
        (tokenizer?.vocabularySize ?? 0) <= info.vocabularySize,
        "every token of the tokenizer has logits",
      )
      assert.equal(
        new Set(layout.parts.map(({ name }) => name)).size,
        layout.parts.length,
        "part names differ",
      )
    }),
  )

  promise("gives a row of the vocabulary for every row asked, without NaN", (bench) =>
    Effect.gen(function* () {
      const rows = yield* bench.logits(yield* bench.cache, tokenRows(bench.tokens(1, 5), 0))
      assert.equal(rows.length, 5)
      for (const row of rows) {
        assert.equal(row.length, bench.model.info.vocabularySize)
        assert.ok(
          row.every((logit) => !Number.isNaN(logit)) && row.some(Number.isFinite),
          "a row of logits holds NaN or nothing finite",
        )
      }
    }),
  )

  promise("gives the same logits for the same rows again", (bench) =>
    Effect.gen(function* () {
      const rows = tokenRows(bench.tokens(2, 6), 0)
      const first = yield* bench.logits(yield* bench.cache, rows)
      for (const [i, row] of (yield* bench.logits(yield* bench.cache, rows)).entries())
        sameFloats(row, first[i]!, bench.tolerance, `row ${i} again`)
    }),
  )

  promise("gives other logits after another newest token", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(3, 4)
      const other = [...tokens.slice(0, -1), (tokens.at(-1)! + 1) % bench.model.info.vocabularySize]
      assert.notDeepEqual(yield* bench.alone(tokens), yield* bench.alone(other))
    }),
  )

  promise("logits do not depend on how rows are split into forwards", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(4, 12)
      const whole = yield* bench.advance(yield* bench.cache, tokens)
      for (const sizes of [Array<number>(12).fill(1), [1, 11], [5, 4, 3], [2, 1, 8, 1]]) {
        const cache = yield* bench.cache
        const rows: Float32Array[] = []
        for (const size of sizes)
          rows.push(...(yield* bench.advance(cache, tokens.slice(rows.length, rows.length + size))))
        for (const [i, row] of rows.entries())
          sameFloats(row, whole[i]!, bench.tolerance, `row ${i} of forwards of ${sizes.join(", ")} rows`)
      }
    }),
  )

  promise("outputs come for the rows asked, in the order asked", (bench) =>
    Effect.gen(function* () {
      const tokens = tokenRows(bench.tokens(5, 4), 0)
      const all = yield* bench.logits(yield* bench.cache, tokens)
      const { logits } = yield* bench.model.forward(tokens, {
        cache: yield* bench.cache,
        outputs: [{ name: "logits", rows: [3, 0, 2] }],
        phase: "step",
      })
      assert.equal(logits!.count, 3)
      for (const [i, row] of [3, 0, 2].entries())
        sameFloats(logits!.row(i), all[row]!, bench.tolerance, `row ${row}, asked as ${i}`)
    }),
  )

  promise("every output it names can be asked for, one at a time and together", (bench) =>
    Effect.gen(function* () {
      const { model } = bench
      const tokens = tokenRows(bench.tokens(6, 3), 0)
      const ask = (names: readonly string[]) =>
        Effect.gen(function* () {
          const cache = yield* bench.cache
          const outputs = yield* model.forward(tokens, {
            cache,
            outputs: names.map((name) => ({ name, rows: [2, 1] })),
            phase: "step",
          })
          assert.deepEqual(Object.keys(outputs).sort(), names.toSorted(), "what was asked, nothing else")
          return names.map((name) => {
            const { count, width, data, row } = outputs[name]!
            assert.ok(
              count === 2 && data.length >= 2 * width && row(1).length === width,
              `${name}: ${count} rows of ${width}`,
            )
            return Float32Array.of(...row(0), ...row(1))
          })
        })
      const together = yield* ask(model.info.outputs)
      for (const [i, name] of model.info.outputs.entries())
        sameFloats((yield* ask([name]))[0]!, together[i]!, bench.tolerance, name)
    }),
  )

  promise("its readouts tell of a row of logits what the row tells", (bench, skip) =>
    Effect.gen(function* () {
      const { info } = bench.model
      const readouts = Object.values(readoutNames).filter((name) => info.outputs.includes(name))
      if (readouts.length === 0) return skip("It has none.")
      const tokens = bench.tokens(11, 5)
      const named = tokens.flatMap((token) => [token, info.vocabularySize - 1])
      const draws = { u: [0, 0.2, 0.5, 0.8, 0.999], temperature: 0.8 }
      const outputs = yield* bench.model.forward(tokenRows(tokens, 0), {
        cache: yield* bench.cache,
        outputs: ["logits", ...readouts].map((name) => ({
          name,
          rows: [0, 1, 2, 3, 4],
          ...(namesTokens(name) ? { tokens: named } : {}),
          ...(name === readoutNames.drawn ? { draws } : {}),
        })),
        phase: "step",
      })
      for (let i = 0; i < 5; i++) {
        const whole = logitsDistribution(outputs["logits"]!.row(i))
        if (outputs[readoutNames.argmax] !== undefined)
          assert.equal(argmaxOf(outputs[readoutNames.argmax]!.row(i)), whole.argmax())
        const drawn = outputs[readoutNames.drawn]?.row(i)
        if (drawn !== undefined) {
          const logits = outputs["logits"]!.row(i).slice()
          assert.ok(
            Math.abs(drawn[1]! - logits[drawn[0]!]!) <= bench.tolerance,
            "the logit of the token drawn",
          )
          if (info.maskToken !== undefined) logits[info.maskToken] = -Infinity
          assertDrawnAt(logitsDistribution(logits, draws.temperature), drawn[0]!, draws.u[i]!)
        }
        for (const name of readouts.filter(namesTokens)) {
          const own = named.slice(2 * i, 2 * i + 2)
          const entropy = name === readoutNames.entropy
          const few = readoutDistribution(outputs[name]!.row(i), {
            entropy,
            size: info.vocabularySize,
            tokens: own,
            drawn,
          })
          if (drawn !== undefined)
            assert.ok(Math.abs(few.probability(drawn[0]!) - whole.probability(drawn[0]!)) < 1e-5)
          const count = Math.min(readoutTop, info.vocabularySize)
          assert.deepEqual(few.topK(count).tokens, whole.topK(count).tokens)
          for (const token of [...few.topK(count).tokens, ...own])
            assert.ok(Math.abs(few.probability(token) - whole.probability(token)) < 1e-5)
          if (entropy) assert.ok(Math.abs(few.entropy() - whole.entropy()) < 1e-4)
        }
      }
      return undefined
    }),
  )

  promise("a forward without outputs still stages its rows", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(7, 5)
      const cache = yield* bench.cache
      yield* bench.model.forward(tokenRows(tokens.slice(0, 4), 0), { cache, outputs: [], phase: "prefill" })
      assert.equal(cache.pending?.inputs.tokens.length, 4)
      assert.equal(cache.length, 0, "a forward never commits")
      yield* cache.commit([0, 1, 2, 3])
      const [next] = yield* bench.logits(cache, tokenRows(tokens.slice(4), 4))
      sameFloats(next!, yield* bench.alone(tokens), bench.tolerance, "the next row")
    }),
  )

  promise("a row given as its embedding is the row of its token", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(8, 4)
      const vectors = yield* bench.model.embed([tokens[1]!, tokens[3]!])
      assert.equal(vectors.length, 2 * bench.model.info.width)
      const rows = {
        tokens: Int32Array.of(tokens[0]!, -1, tokens[2]!, -1),
        positions: tokenRows(tokens, 0).positions,
        vectors: vectors.slice(),
      }
      const mixed = yield* bench.logits(yield* bench.cache, rows)
      const plain = yield* bench.logits(yield* bench.cache, tokenRows(tokens, 0))
      for (const [i, row] of mixed.entries()) sameFloats(row, plain[i]!, bench.tolerance, `row ${i}`)
    }),
  )

  promise("its head says of final hidden rows what the forward says there", (bench, skip) =>
    Effect.gen(function* () {
      const { model } = bench
      const { head } = model
      if (head === undefined) return skip("It does not lend its head.")
      if (!model.info.outputs.includes("hidden.final")) return skip("It does not show its hidden rows.")
      const cache = yield* bench.cache
      const outputs = yield* model.forward(tokenRows(bench.tokens(11, 4), 0), {
        cache,
        outputs: ["logits", "hidden.final"].map((name) => ({ name, rows: [1, 3] })),
        phase: "step",
      })
      const expected = outputs["logits"]!.data.slice(0, 2 * model.info.vocabularySize)
      const { width, data } = outputs["hidden.final"]!
      const said = yield* head(data.slice(0, 2 * width))
      assert.equal(said.count, 2)
      const kept = Float32Array.of(...said.row(0), ...said.row(1))
      sameFloats(kept, expected, bench.tolerance, "the logits of two rows")
    }),
  )

  promise("goes on as if nothing were after an interrupted forward", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(9, 5)
      const cache = yield* bench.cache
      yield* bench.advance(cache, tokens.slice(0, 3))
      const fiber = yield* Effect.forkChild(bench.logits(cache, tokenRows(bench.tokens(10, 6), 3)))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      const rows = yield* bench.advance(cache, tokens.slice(3))
      sameFloats(rows.at(-1)!, yield* bench.alone(tokens), bench.tolerance, "after the interruption")
    }),
  )
}
