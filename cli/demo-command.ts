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
  slots,
} from "@parade/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { openRegistry } from "./load-plugins.ts"
import { outPaint, writeOut } from "./output.ts"
import { decodingFlags, optionalFlag, pipelineFlags } from "./pipeline-options.ts"
import { withProgress } from "./progress-bar.ts"
import { modelSource } from "./read-pipeline.ts"
import { printText } from "./run-command.ts"
import { table } from "./table.ts"

const DecodersKind: Kind<readonly Decoder[]> = kind("demo")

const decodersPlugin: Plugin<readonly Decoder[]> = definePlugin({
  kind: DecodersKind,
  name: "parade-demo",
  summary: "The ways of decoding that the demo compares.",
  config: Schema.Struct({}),
  slots: { decoders: slots(DecoderKind, "One after another.", []) },
  make: (_, { decoders }) => Effect.succeed(decoders),
})

const withDemo = (registry: Registry): Registry => ({
  entries: registry.entries,
  resolve: (use, wanted) =>
    use === decodersPlugin.name
      ? registryOf([decodersPlugin]).resolve(use, wanted)
      : registry.resolve(use, wanted),
})

interface Way {
  readonly name: string
  /** What is to be seen, as a heading. */
  readonly heading: string
  readonly pipeline: unknown
}

const autoregressiveWays = (settings: Readonly<Record<string, unknown>>): readonly Way[] => [
  {
    name: "plain",
    heading: "Plain decoding: one token for each forward",
    pipeline: {
      use: "@parade/autoregressive",
      model: { use: "@parade/transformer", id: "model", with: settings },
    },
  },
  {
    name: "prompt lookup",
    heading: "Prompt lookup: what is green was copied from the text so far, and verified in one forward",
    pipeline: {
      use: "@parade/speculative",
      model: { ref: "model" },
      drafter: { use: "@parade/prompt-lookup" },
      verifier: { use: "@parade/exact-match" },
    },
  },
]

/** A task whose answer repeats much of the question, as editing, quoting and refactoring do. */
const ownModelPrompt = `Correct the spelling and repeat the text.

The river Elbe rises in the Giant Mountains and flows thruogh Bohemia, through Dresden, Magdeburg and Hamburg, and into the North Sea. For centuries boats have carried salt, timber and grain on the river Elbe. In Dresden the river Elbe flows under the Augustus Bridge.`

/** One of the tasks that the embedded models have learnt. */
const embeddedPrompt = "Say it in the passive: The noble mayor found the large ladder at the palace.\n"

const comparison = (ways: readonly Way[], finished: readonly FinishedEvent[]): string => {
  const plain = finished[0]!
  const row = ({ name }: Way, event: FinishedEvent): readonly string[] => [
    name,
    String(event.stats.tokens),
    String(event.stats.forwards),
    event.stats.tokensPerForward.toFixed(2),
    event.stats.tokensPerSecond.toFixed(0),
    event === plain ? "–" : event.text === plain.text ? "the same" : "different",
  ]
  return table(
    ["decoding", "tokens", "forwards", "tokens/forward", "tokens/s", "text"],
    ways.map((way, i) => row(way, finished[i]!)),
    outPaint(),
  )
}

const OWN_MODEL =
  "With your own model: npm start -- --model DIR, a .gguf file, or hf:HuggingFaceTB/SmolLM2-135M-Instruct (270 MB)."

/** `parade demo`. */
export const demoCommand: Command.Command.Any = Command.make(
  "demo",
  {
    prompt: optionalFlag(
      Flag.String("prompt").pipe(Flag.withAlias("p"), Flag.withMetavar("TEXT")),
      "The prompt; a sentence to turn round, or a text to correct, without it",
    ),
    model: pipelineFlags.model,
    device: pipelineFlags.device,
    ...decodingFlags,
  },
  ({ prompt, model, device, maxTokens, seed }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const named = model ?? process.env["PARADE_MODEL"]
        const own = named !== undefined && named !== ""
        const onDevice = device === undefined ? {} : { device }
        const ways = autoregressiveWays({ ...(own ? { source: modelSource(named) } : {}), ...onDevice })
        const pipeline = { use: decodersPlugin.name, decoders: ways.map((way) => way.pipeline) }
        const registry = withDemo(openRegistry("."))
        const decoders = yield* withProgress("Loading", composeAs(DecodersKind, pipeline, { registry }))
        const paint = outPaint()
        const asked = prompt ?? (own ? ownModelPrompt : embeddedPrompt)
        yield* writeOut(`${paint.dim(asked)}\n`)
        const finished: FinishedEvent[] = []
        for (const [index, { heading }] of ways.entries()) {
          yield* writeOut(`\n${paint.bold(heading)}\n`)
          const events = decodeText(decoders[index]!, [{ role: "user", content: asked }], { maxTokens, seed })
          finished.push(yield* printText(events))
        }
        yield* writeOut(`\n${comparison(ways, finished)}\n`)
        if (!own) yield* writeOut(`\n${OWN_MODEL}\n`)
      }),
    ),
).pipe(Command.withDescription("Decode one prompt in several ways, and compare"))
