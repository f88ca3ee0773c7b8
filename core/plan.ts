import type { Need, Plugin } from "./plugin.ts"

/** What fills a slot: plugins in order, from the JSON or from the slot's default. */
export interface Filling {
  readonly nodes: readonly PlanNode[]
  readonly list: boolean
  /** Whether the JSON left the slot out. */
  readonly defaulted: boolean
}

/** A node of a pipeline that has passed every check. A node that others `ref` is the same object in all places. */
export interface PlanNode {
  /** Its place in the JSON. */
  readonly path: string
  readonly use: string
  readonly id: string | undefined
  readonly plugin: Plugin
  /** As JSON; `{}` where `with` was left out. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Decoded: defaults filled in. */
  readonly config: unknown
  readonly slots: Readonly<Record<string, Filling>>
  /** What others need of it. */
  readonly needs: readonly Need[]
}

/** A pipeline ready to be built. */
export interface Plan {
  readonly root: PlanNode
}
