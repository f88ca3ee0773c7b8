import { existsSync } from "node:fs"
import { join } from "node:path"
import { bareName, type DeviceError } from "@parade/core"
import { type Device, referenceDevice } from "@parade/graph"
import { type DeviceName, openDevice, trainingEntries } from "@parade/onnx"
import { type Recipe, RecipeKind } from "@parade/recipes"
import { readLog, type StepRecord, type TrainingError, writeWhole } from "@parade/training"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { CommandError } from "../command-error.ts"
import { writeOut, writeTo } from "../output.ts"
import { atLeastOne, optionalFlag } from "../pipeline-options.ts"
import { readNode } from "../read-node.ts"
import { trainingReport } from "./report.ts"
import { openView } from "./view.ts"

interface TrainOptions {
  readonly recipe: string
  readonly out: string | undefined
  readonly steps: number | undefined
  readonly resume: boolean
  readonly device: string
  readonly threads: number | undefined
  readonly set: readonly string[]
  readonly json: boolean
}

const deviceOf = ({ device, threads }: TrainOptions): Effect.Effect<Device, DeviceError, Scope> =>
  device === "reference"
    ? Effect.succeed(referenceDevice)
    : openDevice(device as DeviceName, {
        extra: trainingEntries,
        ...(threads === undefined ? {} : { threads }),
      })

const hasCheckpoint = (folder: string): boolean => existsSync(join(folder, "checkpoint.safetensors"))

/** A checkpoint is only gone on from where that is asked for. */
const checkFolder = (folder: string, resume: boolean): Effect.Effect<void, CommandError> =>
  !resume && hasCheckpoint(folder)
    ? Effect.fail(
        new CommandError({
          code: "command.training-exists",
          message: "There is a training in this folder already.",
          advice: "Go on with it by --resume, or choose another folder with --out.",
          path: folder,
        }),
      )
    : Effect.void

const writeReport = (
  recipe: Recipe,
  folder: string,
  steps: number,
  device: string,
): Effect.Effect<void, TrainingError> =>
  Effect.flatMap(readLog(join(folder, "log.jsonl")), (log) => {
    const { name, description, tokensPerStep } = recipe
    const page = trainingReport({ name, description, steps, tokensPerStep, device }, log)
    return log.length === 0 ? Effect.void : writeWhole(join(folder, "report.html"), page)
  })

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** The command line that goes on with a training. */
const goingOn = (options: TrainOptions, folder: string): string =>
  [
    ["parade", "train", options.recipe, "--out", folder, "--resume"],
    options.steps === undefined ? [] : ["--steps", String(options.steps)],
    options.device === "cpu" ? [] : ["--device", options.device],
    options.threads === undefined ? [] : ["--threads", String(options.threads)],
    options.set.flatMap((change) => ["--set", change]),
  ]
    .flat()
    .map(quoted)
    .join(" ")

const printRecord = (record: StepRecord): void => void writeTo(process.stdout, `${JSON.stringify(record)}\n`)

const train = Effect.fnUntraced(function* (options: TrainOptions) {
  const recipe = yield* readNode(RecipeKind, options.recipe, options.set)
  const folder = options.out ?? join("trained", bareName(recipe.name))
  yield* checkFolder(folder, options.resume)
  const steps = options.steps ?? recipe.steps
  const device = yield* deviceOf(options)
  const view = yield* openView(steps, recipe.tokensPerStep)
  if (options.resume && !hasCheckpoint(folder))
    view.say(`There is no checkpoint in ${folder}: this starts anew.`)
  const onStep = (record: StepRecord): void => {
    view.onStep(record)
    if (options.json) printRecord(record)
  }
  const report = writeReport(recipe, folder, steps, device.name)
  yield* recipe.train({ folder, device, steps, onStep }).pipe(
    Effect.tapError(() => Effect.ignore(report)),
    Effect.onInterrupt(() =>
      Effect.andThen(
        Effect.ignore(report),
        Effect.sync(() => view.say(`Stopped. Go on with: ${goingOn(options, folder)}`)),
      ),
    ),
  )
  yield* report
  const files = [...recipe.writes, "report.html"]
  if (options.json) yield* writeOut(`${JSON.stringify({ type: "finished", folder, steps, files })}\n`)
  else view.say(`Wrote ${files.join(", ")} to ${folder}.`)
})

/** `parade train`. */
export const trainCommand: Command.Command.Any = Command.make(
  "train",
  {
    recipe: Argument.String("RECIPE").pipe(
      Argument.withDescription("A recipe's name, or a JSON file that names one and its settings"),
    ),
    out: optionalFlag(
      Flag.String("out").pipe(Flag.withMetavar("DIR")),
      "Where checkpoint, log, report and what is trained go; trained/NAME without it",
    ),
    steps: optionalFlag(
      atLeastOne(Flag.Int("steps").pipe(Flag.withMetavar("N"))),
      "Steps in all; the recipe's own number without it",
    ),
    resume: Flag.Boolean("resume").pipe(
      Flag.withDescription("Go on with the training in the folder, where there is one"),
      Flag.withDefault(false),
    ),
    device: Flag.Literals("device", ["cpu", "webgpu", "cuda", "auto", "reference"]).pipe(
      Flag.withDescription("Where it trains; reference is the exact, slow interpreter"),
      Flag.withDefault("cpu"),
    ),
    threads: optionalFlag(
      atLeastOne(Flag.Int("threads").pipe(Flag.withMetavar("N"))),
      "Processor threads; measured once without it. Another number gives other last bits",
    ),
    set: Flag.String("set").pipe(
      Flag.withMetavar("PATH=VALUE"),
      Flag.withDescription("Set a value of the recipe, such as with.rate=1e-3; may be repeated"),
      Flag.atLeast(0),
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print every step as a line of JSON, as the log has it"),
      Flag.withDefault(false),
    ),
  },
  (options) => Effect.scoped(train(options)),
).pipe(
  Command.withDescription("Follow a recipe: train a model or a part of one"),
  Command.withExamples([
    {
      command: "parade train @parade/model-tiny-text --out tiny --steps 200",
      description: "A short run of the recipe of the tiny text model; its README says on which files",
    },
    {
      command: "parade train @parade/model-tiny-text --out tiny --steps 200 --resume",
      description: "The same, gone on after it was stopped",
    },
  ]),
)
