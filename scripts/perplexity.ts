/**
 * The perplexity of a model on a text, as its weights are held: encoded without special tokens, the first `--tokens` ids
 * through one cache, or in windows of so many, each of which knows nothing of the others.
 * `npm run perplexity -- --model FOLDER --text FILE`; `--from 0.9` reads the last tenth, which is what recipes hold out. Nats
 * a byte compare models of different tokens.
 */
import { readFileSync } from "node:fs"
import { contiguous } from "@parade/contiguous"
import { isParadeError } from "@parade/core"
import { groupedQueryAttention } from "@parade/grouped-query"
import { load, tokenLosses, TransformerConfig } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { count, countOr, readOptions, text, textOr } from "./options.ts"

const { values: given } = readOptions({
  call: "npm run perplexity --",
  about: "The perplexity of a model on a text, as its weights are held.",
  options: {
    model: text("FOLDER", "the model, which has to be named"),
    text: text("FILE", "the text, which has to be named"),
    from: textOr("0", "SHARE", "where in the text it begins, from 0 to less than 1"),
    tokens: countOr(4096, "tokens at most", 2),
    window: count("tokens that know of each other", "as many as --tokens", 2),
    dtype: textOr("auto", "NAME", "how the weights are held"),
    device: textOr("cpu", "NAME", "where it runs"),
    reference: text("NATS", "mean negative log-likelihood of a token to compare with", "none"),
  },
})

const usage = (message: string): never => {
  console.error(message)
  process.exit(2)
}

const { model: source, text: file, tokens: most, window: length = most } = given
if (source === undefined || file === undefined) throw usage("Name --model and --text.")
const share = Number(given.from)
if (!(share >= 0 && share < 1)) usage("--from is a share of the text, from 0 to less than 1.")

const program = Effect.gen(function* () {
  const { dtype, device, threads } = yield* Schema.decodeUnknownEffect(TransformerConfig)({
    dtype: given.dtype,
    device: given.device,
  })
  const model = yield* load({
    source,
    dtype,
    device,
    threads,
    attention: groupedQueryAttention,
  })
  const { tokenizer } = model
  if (tokenizer === undefined) return usage("The model has no tokenizer.")
  const whole = readFileSync(file, "utf8")
  const ids = tokenizer
    .encode(whole.slice(Math.floor(share * whole.length)), { addSpecialTokens: false })
    .subarray(0, most)
  const begun = performance.now()
  let [predictions, sum, bytes] = [0, 0, 0]
  for (let start = 0; start + 1 < ids.length; start += length) {
    const window = ids.subarray(start, start + length)
    const losses = yield* Effect.scoped(
      Effect.gen(function* () {
        const cache = yield* contiguous().make(yield* model.makeStore)
        return yield* tokenLosses(model, cache, Array.from(window))
      }),
    )
    predictions += losses.length
    sum += losses.reduce((all, loss) => all + loss, 0)
    // The first token of a window is given.
    bytes += Buffer.byteLength(tokenizer.decode(window.subarray(1)))
  }
  const mean = sum / predictions
  const took = (performance.now() - begun) / 1000
  console.log(
    `${predictions} predictions, mean ${mean.toFixed(6)} nats, ${(sum / bytes).toFixed(4)} a byte, perplexity ${Math.exp(mean).toFixed(4)}, ${took.toFixed(1)} s`,
  )
  if (given.reference !== undefined)
    console.log(`perplexity × ${Math.exp(mean - Number(given.reference)).toFixed(5)} of the reference`)
})

try {
  await Effect.runPromise(Effect.scoped(program))
} catch (error) {
  console.error(isParadeError(error) ? error.describe() : String(error))
  process.exit(isParadeError(error) && error.fault === "caller" ? 2 : 1)
}
