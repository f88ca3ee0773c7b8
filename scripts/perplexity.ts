/**
 * The perplexity of a model on a text, as its weights are held: encoded without special tokens, the first `--tokens` ids
 * through one cache, or in windows of so many, each of which knows nothing of the others.
 *
 *     npm run perplexity -- --model FOLDER --text FILE [--from 0] [--tokens 4096] [--window 4096] [--dtype auto] [--device cpu] [--reference 3.6145]
 *
 * `--from 0.9` reads the last tenth, which is what recipes hold out. Nats a byte compare models of different tokens.
 * `--reference` is the mean negative log-likelihood of a token, in nats, to compare with.
 */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { contiguous } from "@parade/contiguous"
import { isParadeError } from "@parade/core"
import { groupedQueryAttention } from "@parade/grouped-query"
import { load, tokenLosses, TransformerConfig } from "@parade/transformer"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const { values: given } = parseArgs({
  options: {
    model: { type: "string" },
    text: { type: "string" },
    from: { type: "string", default: "0" },
    tokens: { type: "string", default: "4096" },
    window: { type: "string" },
    dtype: { type: "string", default: "auto" },
    device: { type: "string", default: "cpu" },
    reference: { type: "string" },
  },
})

const usage = (message: string): never => {
  console.error(message)
  process.exit(2)
}

const { model: source, text } = given
if (source === undefined || text === undefined) throw usage("Name --model and --text.")
const atLeastTwo = (name: "tokens" | "window", value: string): number => {
  const count = Number(value)
  return Number.isSafeInteger(count) && count >= 2 ? count : usage(`--${name} is an integer of at least 2.`)
}
const count = atLeastTwo("tokens", given.tokens)
const length = given.window === undefined ? count : atLeastTwo("window", given.window)
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
  const whole = readFileSync(text, "utf8")
  const ids = tokenizer
    .encode(whole.slice(Math.floor(share * whole.length)), { addSpecialTokens: false })
    .subarray(0, count)
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
