import {
  type Cache,
  CacheError,
  type CacheFactory,
  DecodeError,
  DeviceError,
  type FailureDetails,
  type Model,
  type RowStore,
} from "@parade/core"
import type { Drafter } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { Gate } from "./_gate.ts"

const details = (method: string): FailureDetails => ({
  code: "test.injected",
  message: `${method} was made to fail.`,
  fault: "environment",
})
const deviceError = (method: string): DeviceError => new DeviceError(details(method))
const cacheError = (method: string): CacheError => new CacheError(details(method))
const decodeError = (method: string): DecodeError => new DecodeError(details(method))

/**
 * `target` with some members replaced. A proxy and not a copy, because members may be getters, and because classes
 * may keep private fields that only they themselves can read.
 */
const override = <A extends object>(target: A, members: Partial<A>): A =>
  new Proxy(target, {
    get(object, key) {
      if (Object.hasOwn(members, key)) return members[key as keyof A]
      const value: unknown = Reflect.get(object, key, object)
      return typeof value === "function" ? value.bind(object) : value
    },
    set: (object, key, value) => Reflect.set(object, key, value, object),
  })

const bare = new WeakMap<RowStore, RowStore>()

export const guardStore = (gate: Gate, store: RowStore): RowStore => {
  const guarded = override(store, {
    reserve: (rows) => gate.pass("store.reserve", deviceError, store.reserve(rows)),
    write: (pending, from, at) => gate.pass("store.write", deviceError, store.write(pending, from, at)),
    keep: (from) => gate.pass("store.keep", deviceError, store.keep(from)),
    read: (rows) => gate.pass("store.read", deviceError, store.read(rows)),
    load: (parts, count, at) => gate.pass("store.load", deviceError, store.load(parts, count, at)),
    clone: (rows) =>
      gate.hold("store", gate.pass("store.clone", deviceError, mapStore(gate, store.clone(rows)))),
  })
  bare.set(guarded, store)
  return guarded
}

const mapStore = (gate: Gate, make: Model["makeStore"]): Model["makeStore"] =>
  Effect.map(make, (store) => guardStore(gate, store))

/** The cache as the model made it knows it: over the model's own store. */
const bareCache = (cache: Cache): Cache => {
  const store = bare.get(cache.store)
  return store === undefined ? cache : override(cache, { store })
}

export const guardModel = (gate: Gate, model: Model): Model =>
  override(model, {
    makeStore: gate.hold("store", gate.pass("model.makeStore", deviceError, mapStore(gate, model.makeStore))),
    forward: (rows, options) =>
      gate.pass(
        "model.forward",
        deviceError,
        model.forward(rows, { ...options, cache: bareCache(options.cache) }),
      ),
    embed: (tokens) => gate.pass("model.embed", deviceError, model.embed(tokens)),
    head:
      model.head === undefined
        ? undefined
        : (hidden) => gate.pass("model.head", deviceError, model.head!(hidden)),
  })

const guardOneCache = (gate: Gate, cache: Cache): Cache =>
  override(cache, {
    commit: (rows) => gate.pass("cache.commit", cacheError, cache.commit(rows)),
    retain: (rows) => gate.pass("cache.retain", cacheError, cache.retain(rows)),
    export: (rows) => gate.pass("cache.export", cacheError, cache.export(rows)),
    import: (block) => gate.pass("cache.import", cacheError, cache.import(block)),
    fork: gate.hold(
      "cache",
      gate.pass(
        "cache.fork",
        cacheError,
        Effect.map(cache.fork, (other) => guardOneCache(gate, other)),
      ),
    ),
  })

export const guardCache = (gate: Gate, factory: CacheFactory): CacheFactory => ({
  make: (store) =>
    gate.hold(
      "cache",
      gate.pass(
        "cache.make",
        cacheError,
        Effect.map(factory.make(store), (cache) => guardOneCache(gate, cache)),
      ),
    ),
})

export const guardDrafter = (gate: Gate, drafter: Drafter): Drafter =>
  override(drafter, {
    open: (context) =>
      gate.hold(
        "draft",
        gate.pass(
          "drafter.open",
          decodeError,
          Effect.map(drafter.open(context), (draft) =>
            override(draft, {
              plan: (budget) => gate.pass("drafter.plan", decodeError, draft.plan(budget)),
              observe: (outcome) => gate.pass("drafter.observe", decodeError, draft.observe(outcome)),
            }),
          ),
        ),
      ),
  })
