import type { Effect } from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import type { ParadeError } from "./error.ts"
import type { Kind } from "./kind.ts"

/** A node of a pipeline as JSON: `use` a plugin `with` its config and its slots, or `ref` another node's `id`. */
export type PipelineNode =
  | { readonly use: string; readonly with?: unknown; readonly id?: string; readonly [slot: string]: unknown }
  | { readonly ref: string }

/** A place in a plugin for plugins of a kind. */
export interface Slot<A, List extends boolean = boolean> {
  readonly kind: Kind<A>
  readonly list: List
  readonly description: string
  /** How many plugins a list must have. */
  readonly least: number
  /** What stands here when the JSON leaves the slot out; without it the slot must be filled. */
  readonly default: PipelineNode | readonly PipelineNode[] | undefined
}

/** A slot for one plugin. */
export const slot = <A>(kind: Kind<A>, description: string, fallback?: PipelineNode): Slot<A, false> => ({
  kind,
  list: false,
  least: 1,
  description,
  default: fallback,
})

/** A slot for any number of plugins, in order; for `least` of them at least. */
export const slots = <A>(
  kind: Kind<A>,
  description: string,
  fallback?: readonly PipelineNode[],
  { least = 0 }: { readonly least?: number } = {},
): Slot<A, true> => ({ kind, list: true, least, description, default: fallback })

/** The values that fill slots. */
export type SlotValues<S extends Readonly<Record<string, Slot<unknown>>>> = {
  readonly [K in keyof S]: S[K] extends Slot<infer A, infer List>
    ? List extends true
      ? readonly A[]
      : A
    : never
}

/**
 * Something a plugin needs of another before that one is built: an output (`{ name: "output", value: "hidden.12" }`),
 * a visibility (`{ name: "visibility", value: "tree" }`), extra vocabulary rows.
 */
export interface Need {
  readonly name: string
  readonly value: string | number
}

/**
 * A need, and of whom: the plugin in an own slot, or in a slot of the plugin this one is plugged into. One that is
 * `optional` goes to whoever grants it and is dropped elsewhere: the asker looks at what it was given.
 */
export type SlotNeed = Need & { readonly optional?: boolean } & (
    | { readonly slot: string }
    | { readonly hostSlot: string }
  )

/** What composition hands to `make` beside config and slots. */
export interface MakeContext {
  /** The plugin's place in the JSON, such as `$.drafter`. */
  readonly path: string
  /** The folder that relative paths in the config start from; the current one when empty. */
  readonly base: string
  /** What other plugins of the pipeline need of this one. */
  readonly needs: readonly Need[]
  /**
   * How many other nodes of the pipeline are of this plugin's kind. A decoder runs its models in turns: one that is not the
   * only one leaves the processor to the others between its forwards.
   */
  readonly peers: number
  /** One value per key in this pipeline, acquired by whoever asks first, released with the pipeline. */
  readonly shared: <A, E>(key: string, acquire: Effect<A, E, Scope>) => Effect<A, E>
}

/** A plugin: kind, name, config and slots as data, and how to make the running part. */
export interface Plugin<A = unknown> {
  readonly "~parade/plugin": 1
  readonly kind: Kind<A>
  /** The npm package, `@parade/prompt-lookup`. */
  readonly name: string
  /** One sentence for lists and hover text. */
  readonly summary: string
  /** Decodes `with`. Unknown keys are refused whatever it says. */
  readonly config: Schema.Codec<unknown, unknown>
  readonly slots: Readonly<Record<string, Slot<unknown>>>
  /** Short declarations for lists, such as `lossless`, `draws: iid`. */
  readonly capabilities: readonly string[]
  /** Names of needs this plugin can be asked for. */
  readonly grants: readonly string[]
  readonly needs: (config: unknown) => readonly SlotNeed[]
  readonly make: (
    config: unknown,
    slots: Readonly<Record<string, unknown>>,
    context: MakeContext,
  ) => Effect<A, ParadeError, Scope>
}

/** What an author writes; see {@link Plugin} for the fields. */
export interface PluginDefinition<A, C, S extends Readonly<Record<string, Slot<unknown>>>> {
  readonly kind: Kind<A>
  readonly name: string
  readonly summary: string
  readonly config: Schema.Codec<C, unknown>
  readonly slots?: S
  readonly capabilities?: readonly string[]
  readonly grants?: readonly string[]
  readonly needs?: (config: C) => readonly SlotNeed[]
  readonly make: (config: C, slots: SlotValues<S>, context: MakeContext) => Effect<A, ParadeError, Scope>
}

/**
 * Defines a plugin. Export the result from the package's `mod.ts` under any name.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { definePlugin, type Plugin, type Verifier, VerifierKind } from "@parade/core"
 *
 * export const firstOnly: Plugin<Verifier> = definePlugin({
 *   kind: VerifierKind,
 *   name: "first-only",
 *   summary: "Ignores every draft.",
 *   config: Schema.Struct({}),
 *   make: () =>
 *     Effect.succeed({
 *       law: "exact",
 *       accepts: ["point"],
 *       verify: ({ target, position, uniform }) => ({
 *         accepted: [],
 *         appended: [target(-1).draw(uniform("token", position))],
 *         rejected: 0,
 *       }),
 *     }),
 * })
 * ```
 */
export const definePlugin = <A, C, const S extends Readonly<Record<string, Slot<unknown>>> = {}>(
  definition: PluginDefinition<A, C, S>,
): Plugin<A> =>
  // The loader decodes the config and fills the slots before it calls, so the erased types hold.
  ({
    "~parade/plugin": 1,
    slots: {},
    capabilities: [],
    grants: [],
    needs: () => [],
    ...definition,
  }) as unknown as Plugin<A>

/** Whether a value is a plugin, of this or another copy of the package. */
export const isPlugin = (value: unknown): value is Plugin =>
  typeof value === "object" && value !== null && (value as Partial<Plugin>)["~parade/plugin"] === 1
