/** Parade as a worker; see peers/protocol.mjs. Environment: MODEL, THREADS (a number or auto), DTYPE. */
import { createInterface } from "node:readline"
import { type Decoder, type Event, makeRegistry, compose, type ModuleLoader } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

// Named here so that the bundler puts them in; a plugin is loaded when the pipeline asks for it.
const modules: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>> = {
  "@parade/autoregressive": () => import("@parade/autoregressive"),
  "@parade/contiguous": () => import("@parade/contiguous"),
  "@parade/grouped-query": () => import("@parade/grouped-query"),
  "@parade/standard-sampler": () => import("@parade/standard-sampler"),
  "@parade/transformer": () => import("@parade/transformer"),
}

const load: ModuleLoader = (name) => {
  const found = modules[name]
  return found === undefined
    ? Effect.fail({ reason: "notFound", message: `${name} is not part of the bench.` })
    : Effect.promise(found)
}

const threads = process.env["THREADS"] ?? "auto"

const pipeline = {
  use: "@parade/autoregressive",
  model: {
    use: "@parade/transformer",
    with: {
      source: process.env["MODEL"],
      device: "cpu",
      dtype: process.env["DTYPE"] ?? "auto",
      threads: threads === "auto" ? "auto" : Number(threads),
    },
  },
}

const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

const generate = async (decoder: Decoder, ids: readonly number[], count: number): Promise<unknown> => {
  const tokens: number[] = []
  const at: number[] = []
  const started = performance.now()
  const take = (event: Event): void => {
    if (event.type !== "committed") return
    for (const token of event.tokens as readonly number[]) {
      tokens.push(token)
      at.push(performance.now() - started)
    }
  }
  const request = {
    prompt: [{ tokens: ids }],
    target: { kind: "continuation", maxTokens: count },
    stop: { ignoreEnd: true },
    seed: 0,
  } as const
  await Effect.runPromise(
    Stream.runForEach(decoder.decode(request), (event) => Effect.sync(() => take(event))),
  )
  const peakBytes = process.resourceUsage().maxRSS * 1024
  return { tokens, at, residentBytes: process.memoryUsage.rss(), peakBytes }
}

/** What a user says as the ids every engine is given. */
const encode = async (decoder: Decoder, content: string): Promise<unknown> => {
  const tokenizer = decoder.model.tokenizer!
  const text = await Effect.runPromise(tokenizer.applyChatTemplate([{ role: "user", content }]))
  return { ids: [...tokenizer.encode(text, { addSpecialTokens: false })] }
}

const started = performance.now()
const program = Effect.gen(function* () {
  const decoder = yield* compose(pipeline, { registry: makeRegistry({ entries: [], load }) })
  say({ ready: true, loadMs: performance.now() - started, residentBytes: process.memoryUsage.rss() })
  yield* Effect.promise(async () => {
    for await (const line of createInterface({ input: process.stdin })) {
      const asked = JSON.parse(line) as { ids: number[]; count: number } | { encode: string }
      say(
        "encode" in asked
          ? await encode(decoder, asked.encode)
          : await generate(decoder, asked.ids, asked.count),
      )
    }
  })
})
await Effect.runPromise(Effect.scoped(program))
