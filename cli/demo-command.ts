import {
  composeAs,
  type Decoder,
  DecoderKind,
  decodeText,
  definePlugin,
  type FinishedEvent,
  kind,
  type Kind,
  type Plugin,
  registryOf,
  type Registry,
  slot,
} from "@parade/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { CommandError } from "./command-error.ts"
import { openRegistry } from "./load-plugins.ts"
import { outPaint, writeOut } from "./output.ts"
import { decodingFlags, optionalFlag, pipelineFlags } from "./pipeline-options.ts"
import { withProgress } from "./progress-bar.ts"
import { modelSource } from "./read-pipeline.ts"
import { printText } from "./run-command.ts"
import { table } from "./table.ts"

/** Two decoders over one model. */
interface Pair {
  readonly plain: Decoder
  readonly speculative: Decoder
}

const PairKind: Kind<Pair> = kind("demo")

const pair: Plugin<Pair> = definePlugin({
  kind: PairKind,
  name: "parade-demo",
  summary: "The two ways of decoding that the demo compares.",
  config: Schema.Struct({}),
  slots: {
    plain: slot(DecoderKind, "Token after token."),
    speculative: slot(DecoderKind, "Drafts from the text so far, verified together."),
  },
  make: (_, decoders) => Effect.succeed(decoders),
})

const withPair = (registry: Registry): Registry => ({
  entries: registry.entries,
  resolve: (use, wanted) =>
    use === pair.name ? registryOf([pair]).resolve(use, wanted) : registry.resolve(use, wanted),
})

const pipeline = (model: Readonly<Record<string, unknown>>): unknown => ({
  use: pair.name,
  plain: { use: "@parade/autoregressive", model: { use: "@parade/transformer", id: "model", with: model } },
  speculative: {
    use: "@parade/speculative",
    model: { ref: "model" },
    drafter: { use: "@parade/prompt-lookup" },
    verifier: { use: "@parade/exact-match" },
  },
})

/** A task whose answer repeats much of the question, as editing, quoting and refactoring do. */
const defaultPrompt = `Correct the spelling and repeat the text.

The river Elbe rises in the Giant Mountains and flows thruogh Bohemia, through Dresden, Magdeburg and Hamburg, and into the North Sea. For centuries boats have carried salt, timber and grain on the river Elbe. In Dresden the river Elbe flows under the Augustus Bridge.`

const comparison = (plain: FinishedEvent, speculative: FinishedEvent): string => {
  const row = (name: string, { stats }: FinishedEvent, same: string): readonly string[] => [
    name,
    stats.tokensPerSecond.toFixed(1),
    (stats.tokensPerSecond / plain.stats.tokensPerSecond).toFixed(2),
    stats.tokensPerForward.toFixed(2),
    stats.proposed === 0 ? "–" : `${Math.round((100 * stats.accepted) / stats.proposed)} %`,
    same,
  ]
  const same = plain.tokens.join() === speculative.tokens.join()
  return table(
    ["decoding", "tokens/s", "× plain", "tokens/forward", "accepted", "text"],
    [row("plain", plain, "–"), row("prompt-lookup", speculative, same ? "the same" : "different")],
    outPaint(),
  )
}

const missingModel = new CommandError({
  code: "command.no-model",
  message: "The demo needs a model.",
  advice:
    "Give a folder with a Llama-like checkpoint: npm start -- --model DIR, or set PARADE_MODEL. hf:HuggingFaceTB/SmolLM2-135M-Instruct downloads one (270 MB).",
})

/** `parade demo`. */
export const demoCommand: Command.Command.Any = Command.make(
  "demo",
  {
    prompt: optionalFlag(
      Flag.String("prompt").pipe(Flag.withAlias("p"), Flag.withMetavar("TEXT")),
      "The prompt; a text to correct without it",
    ),
    model: pipelineFlags.model,
    device: pipelineFlags.device,
    ...decodingFlags,
  },
  ({ prompt, model, device, maxTokens, seed }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const source = model ?? process.env["PARADE_MODEL"]
        if (source === undefined || source === "") return yield* Effect.fail(missingModel)
        const registry = withPair(openRegistry("."))
        const settings = { source: modelSource(source), ...(device === undefined ? {} : { device }) }
        const decoders = yield* withProgress("Loading", composeAs(PairKind, pipeline(settings), { registry }))
        const paint = outPaint()
        const asked = [{ role: "user", content: prompt ?? defaultPrompt }]
        yield* writeOut(`${paint.dim(prompt ?? defaultPrompt)}\n\n`)
        yield* writeOut(`${paint.bold("Plain decoding, one token per forward")}\n`)
        const plain = yield* printText(decodeText(decoders.plain, asked, { maxTokens, seed }))
        yield* writeOut(
          `\n${paint.bold("Prompt lookup")}: what is ${paint.green("green")} was copied from the text so far and verified\n`,
        )
        const speculative = yield* printText(decodeText(decoders.speculative, asked, { maxTokens, seed }))
        yield* writeOut(`\n${comparison(plain, speculative)}\n`)
      }),
    ),
).pipe(Command.withDescription("Decode one prompt plainly and by speculation, and compare"))
