import type { DecodeFailure, Decoder, FinishedEvent, Model, Request } from "@parade/core"
import { DecodeError, RequestError } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { topTwoMargin } from "./margin.ts"
import type { BenchPrompt } from "./prompts.ts"
import { type BenchResult, type Divergence, firstDifference, type Sample } from "./sample.ts"
import type { Subjects } from "./subjects.ts"
import { wake } from "./wake.ts"

/** What to measure. */
export interface BenchPlan {
  /** Names of the decoders, in order; the first is the baseline. */
  readonly names: readonly string[]
  readonly prompts: readonly BenchPrompt[]
  readonly rounds: number
  readonly maxTokens: number
  readonly seed: number
  /** Called before each text: what comes, and how many texts are done. */
  readonly progress: (task: string, done: number, total: number) => void
}

/** What a model is given of a prompt: its chat template where it has one, otherwise the text itself. */
export const promptTokens = (
  { tokenizer }: Pick<Model, "tokenizer">,
  prompt: BenchPrompt,
): Effect.Effect<Int32Array, RequestError> => {
  if (tokenizer === undefined)
    return Effect.fail(
      new RequestError({
        code: "bench.no-tokenizer",
        path: "$.model",
        message: "The model has no tokenizer.",
        advice: "Measure one that has: prompts are texts.",
      }),
    )
  return tokenizer.applyChatTemplate(prompt.messages).pipe(
    Effect.map((text) => tokenizer.encode(text, { addSpecialTokens: false })),
    Effect.catch(() =>
      Effect.succeed(tokenizer.encode(prompt.messages.map((message) => message.content).join("\n\n"))),
    ),
  )
}

const decode = (decoder: Decoder, request: Request): Effect.Effect<FinishedEvent, DecodeFailure> =>
  Effect.gen(function* () {
    let finished: FinishedEvent | undefined
    yield* Stream.runForEach(decoder.decode(request), (event) => {
      if (event.type === "finished") finished = event as FinishedEvent
      return Effect.void
    })
    if (finished === undefined)
      return yield* Effect.fail(
        new DecodeError({
          code: "decode.no-finish",
          message: "A decoder ended without a finished event.",
          fault: "bug",
        }),
      )
    return finished
  })

/**
 * How long each pipeline decodes before the first text that counts, and texts of how many tokens. The runtime compiles what has run some hundred times, on a
 * core that the model's threads then lack: a pipeline that comes later, or has more code, would look slower than it stays.
 */
const warmUpMs = 1000
const warmUpTokens = 64

/**
 * Decodes every prompt with every pipeline, round by round, the pipelines taking turns at going first, so that what
 * the machine does meanwhile hits all alike. Texts of each pipeline warm up for a second and are not counted, and before each text its
 * model runs for a moment (see {@link wake}).
 */
export const measure = (
  subjects: Subjects,
  plan: BenchPlan,
): Effect.Effect<Pick<BenchResult, "samples" | "divergences">, DecodeFailure> =>
  Effect.gen(function* () {
    const { decoders, cache } = subjects
    const baseline = decoders[0]!
    const prompts: { readonly prompt: BenchPrompt; readonly tokens: Int32Array }[] = []
    for (const prompt of plan.prompts)
      prompts.push({ prompt, tokens: yield* promptTokens(baseline.model, prompt) })

    const request = (tokens: Int32Array, maxTokens: number): Request => ({
      prompt: [{ tokens }],
      target: { kind: "continuation", maxTokens },
      seed: plan.seed,
    })
    const texts = plan.rounds * prompts.length * decoders.length
    for (const [index, decoder] of decoders.entries()) {
      plan.progress(`Warming up ${plan.names[index]!}`, 0, texts)
      const until = performance.now() + warmUpMs
      for (let i = 0; i === 0 || performance.now() < until; i++)
        yield* decode(
          decoder,
          request(prompts[i % prompts.length]!.tokens, Math.min(warmUpTokens, plan.maxTokens)),
        )
    }

    const samples: Sample[] = []
    for (let round = 0; round < plan.rounds; round++)
      for (const [at, { prompt, tokens }] of prompts.entries())
        for (let turn = 0; turn < decoders.length; turn++) {
          const index = (turn + round + at) % decoders.length
          const pipeline = plan.names[index]!
          plan.progress(`${pipeline} on ${prompt.id}`, samples.length, texts)
          yield* wake(decoders[index]!.model, cache)
          const finished = yield* decode(decoders[index]!, request(tokens, plan.maxTokens))
          samples.push({
            pipeline,
            prompt: prompt.id,
            category: prompt.category,
            round,
            tokens: finished.tokens,
            ...(prompt.isRight === undefined ? {} : { correct: prompt.isRight(finished.text) }),
            stats: finished.stats,
            residentBytes: process.memoryUsage.rss(),
          })
        }

    plan.progress("Comparing texts", texts, texts)
    const divergences: Divergence[] = []
    for (const { prompt, tokens } of prompts) {
      const own = samples.filter((sample) => sample.prompt === prompt.id && sample.round === 0)
      const base = own.find((sample) => sample.pipeline === plan.names[0])
      for (const sample of own) {
        const position = base === undefined ? undefined : firstDifference(base.tokens, sample.tokens)
        if (position === undefined || base === undefined) continue
        const shared = [...tokens, ...base.tokens.slice(0, position)]
        // What comes next says nothing of a model that fills in masks.
        const margin =
          baseline.model.info.maskToken === undefined
            ? yield* topTwoMargin(baseline.model, cache, shared)
            : undefined
        divergences.push({ pipeline: sample.pipeline, prompt: prompt.id, position, margin })
      }
    }
    return { samples, divergences }
  })
