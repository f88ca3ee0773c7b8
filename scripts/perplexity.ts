/**
 * The perplexity of a model on the beginning of a text, as its weights are held: encoded without special tokens, the
 * first `--tokens` ids through one cache.
 *
 *     npm run perplexity -- --model FOLDER --text FILE [--tokens 4096] [--dtype auto] [--device cpu] [--reference 3.6145]
 *
 * `--reference` is the mean negative log-likelihood, in nats, to compare with.
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
    tokens: { type: "string", default: "4096" },
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
const count = Number(given.tokens)
if (!Number.isSafeInteger(count) || count < 2) usage("--tokens is an integer of at least 2.")

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
  const ids = model.tokenizer?.encode(readFileSync(text, "utf8"), { addSpecialTokens: false })
  if (ids === undefined) throw usage("The model has no tokenizer.")
  const cache = yield* contiguous().make(yield* model.makeStore)
  const from = performance.now()
  const losses = yield* tokenLosses(model, cache, Array.from(ids.subarray(0, count)))
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length
  const took = (performance.now() - from) / 1000
  console.log(
    `${losses.length} predictions, mean ${mean.toFixed(6)} nats, perplexity ${Math.exp(mean).toFixed(4)}, ${took.toFixed(1)} s`,
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
