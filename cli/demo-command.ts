import {
  composeAs,
  type Decoder,
  DecoderKind,
  decodeText,
  definePlugin,
  type FinishedEvent,
  kind,
  type Kind,
  mistakesPlaced,
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
import { answerLength, decodingFlags, optionalFlag, pipelineFlags } from "./pipeline-options.ts"
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
  /** What is asked where the user asks nothing. */
  readonly prompt: string
  /** Whether it promises the text of the first way. */
  readonly lossless: boolean
}

const autoregressiveWays = (settings: Readonly<Record<string, unknown>>, prompt: string): readonly Way[] => [
  {
    name: "plain",
    prompt,
    lossless: true,
    heading: "Plain decoding: one token for each forward",
    pipeline: {
      use: "@parade/autoregressive",
      model: { use: "@parade/transformer", id: "model", with: settings },
    },
  },
  {
    name: "prompt lookup",
    prompt,
    lossless: true,
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

/** One of the tasks that the embedded text model has learnt. */
const embeddedPrompt = "Say it in the passive: The clean clerk copied the noble bowl at the village.\n"

/** One that the embedded diffusion model has learnt. */
const diffusionWay = (settings: Readonly<Record<string, unknown>>): Way => ({
  name: "masked diffusion",
  heading: "Masked diffusion, with a model of another kind: all confident positions for each forward",
  pipeline: {
    use: "@parade/masked-diffusion",
    with: { provisional: true },
    model: {
      use: "@parade/transformer",
      with: { source: "npm:@parade/model-tiny-diffusion/model", ...settings },
    },
  },
  prompt: "reverse: K T A W B R Q F",
  lossless: false,
})

const comparison = (ways: readonly Way[], finished: readonly FinishedEvent[]): string => {
  const plain = finished[0]!
  const row = ({ name, lossless }: Way, event: FinishedEvent): readonly string[] => [
    name,
    String(event.stats.tokens),
    String(event.stats.forwards),
    event.stats.tokensPerForward.toFixed(2),
    event.stats.tokensPerSecond.toFixed(0),
    event === plain || !lossless ? "–" : event.text === plain.text ? "the same" : "different",
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
      "The prompt, the same for every way; without it one that each has an answer to",
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
        const ways = own
          ? autoregressiveWays({ source: modelSource(named), ...onDevice }, ownModelPrompt)
          : [...autoregressiveWays(onDevice, embeddedPrompt), diffusionWay(onDevice)]
        const pipeline = { use: decodersPlugin.name, decoders: ways.map((way) => way.pipeline) }
        const registry = withDemo(openRegistry("."))
        // Who asked for a demo wrote no pipeline; of all that it has, the model is what they named.
        const composed = Effect.mapError(composeAs(DecodersKind, pipeline, { registry }), (error) =>
          mistakesPlaced(error, (path) => path.replace(/^\$\.decoders\[\d+\]/, "$")),
        )
        const decoders = yield* withProgress("Loading", composed)
        const paint = outPaint()
        const finished: FinishedEvent[] = []
        let shown = ""
        for (const [index, way] of ways.entries()) {
          const asked = prompt ?? way.prompt
          if (asked !== shown) yield* writeOut(`${index === 0 ? "" : "\n"}${paint.dim(asked.trimEnd())}\n`)
          shown = asked
          yield* writeOut(`\n${paint.bold(way.heading)}\n`)
          const length = answerLength(decoders[index]!.model, maxTokens)
          const said = [{ role: "user", content: asked }]
          finished.push(yield* printText(decodeText(decoders[index]!, said, { maxTokens: length, seed })))
        }
        yield* writeOut(`\n${comparison(ways, finished)}\n`)
        if (!own) yield* writeOut(`\n${OWN_MODEL}\n`)
      }),
    ),
).pipe(Command.withDescription("Decode one prompt in several ways, and compare"))
