import {
  composeAs,
  type Decoder,
  DecoderKind,
  definePlugin,
  type Kind,
  kind,
  type PipelineError,
  type Plugin,
  slots,
} from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { openRegistry } from "../../cli/load-plugins.ts"
import type { Method } from "./methods.ts"
import type { TaskFamily } from "./tasks.ts"

/** Tasks, and decoders of methods, in the order of their lists. */
export interface FrontierSubjects {
  readonly decoders: readonly Decoder[]
  readonly tasks: readonly Task[]
}

/** A node of a pipeline that is a model. */
export interface ModelNode {
  readonly use: string
  readonly with: Readonly<Record<string, unknown>>
}

const FrontierKind: Kind<FrontierSubjects> = kind("frontierSubjects")

const frontier: Plugin<FrontierSubjects> = definePlugin({
  kind: FrontierKind,
  name: "parade-diffusion-frontier",
  summary: "The methods and tasks of the diffusion bench.",
  config: Schema.Struct({}),
  slots: { decoders: slots(DecoderKind, "The methods."), tasks: slots(TaskKind, "The tasks.") },
  make: (_, { decoders, tasks }) => Effect.succeed({ decoders, tasks }),
})

/** All methods over one model, which is loaded once, or over what it was distilled to, and the tasks of families. */
export const openSubjects = (
  model: ModelNode,
  methods: readonly Method[],
  families: readonly TaskFamily[],
  base: string,
): Effect.Effect<FrontierSubjects, PipelineError, Scope> => {
  const registry = openRegistry(base)
  const node = {
    use: frontier.name,
    decoders: methods.map(({ node: own, distilled }) => ({
      ...own,
      model: { ...model, with: { ...model.with, ...distilled } },
    })),
    tasks: families.map(({ task }) => task),
  }
  return composeAs(FrontierKind, node, {
    base,
    registry: {
      ...registry,
      resolve: (use, wanted) =>
        use === frontier.name ? Effect.succeed(frontier) : registry.resolve(use, wanted),
    },
  })
}
