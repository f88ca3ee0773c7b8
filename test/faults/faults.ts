import { type CacheFactory, type Model } from "@parade/core"
import type { Drafter } from "@parade/drafting"
import { makeGate } from "./_gate.ts"
import { guardCache, guardDrafter, guardModel } from "./_guards.ts"

/** Counts the calls of whatever is guarded, lets the n-th of them fail, and knows what has not been released. */
export interface Faults {
  /** From now on the `n`-th call fails, of the methods whose name contains `method` where that is given. */
  readonly failAt: (n: number, method?: string) => void
  /** Calls since `failAt`, or since the beginning. */
  readonly calls: number
  /** The method that was made to fail, such as `store.write`. */
  readonly struck: string | undefined
  /** What was acquired through a guard and is not yet released, by name. */
  readonly held: readonly string[]
  /** Guards `forward`, `embed`, `head`, `makeStore` and every method of its stores. */
  readonly model: (model: Model) => Model
  /** Guards `make` and every method of its caches. */
  readonly cache: (factory: CacheFactory) => CacheFactory
  /** Guards `open`, `plan` and `observe`. */
  readonly drafter: (drafter: Drafter) => Drafter
}

/** A fresh set of guards; nothing fails until `failAt`. */
export const makeFaults = (): Faults => {
  const gate = makeGate()
  return {
    failAt: gate.failAt,
    get calls(): number {
      return gate.calls()
    },
    get struck(): string | undefined {
      return gate.struck()
    },
    get held(): readonly string[] {
      return gate.held()
    },
    model: (model) => guardModel(gate, model),
    cache: (factory) => guardCache(gate, factory),
    drafter: (drafter) => guardDrafter(gate, drafter),
  }
}
