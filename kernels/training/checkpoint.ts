import { existsSync } from "node:fs"
import type { WeightsError } from "@parade/core"
import { tensor } from "@parade/graph"
import type { Feed } from "@parade/graph"
import { finiteValues, openSafetensors, writeSafetensors } from "@parade/weights"
import type { Safetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import { TrainingError } from "./error.ts"
import { readFeed } from "./parameters.ts"
import type { ParameterState, ParameterStore } from "./parameters.ts"

const places = ["value", "first", "second", "average"] as const

/**
 * Writes parameters, their means and the count of steps as one safetensors file, which appears whole or not at all.
 * `fingerprint` names what is trained: recipe, data, model; a run of another refuses the file.
 */
export const saveCheckpoint = (
  store: ParameterStore,
  path: string,
  fingerprint: string,
): Effect.Effect<void, WeightsError> =>
  Effect.gen(function* () {
    const tensors = []
    for (const [name, state] of store.states)
      for (const place of places) {
        const feed = state[place]
        if (feed === undefined) continue
        const values = yield* Effect.promise(() => readFeed(feed))
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
        tensors.push({ name: `${place}.${name}`, type: "F32", shape: feed.dims, bytes: () => bytes })
      }
    const rarer = [...store.states].filter(([, { updates }]) => updates !== store.steps)
    const updates =
      rarer.length === 0
        ? {}
        : { updates: JSON.stringify(Object.fromEntries(rarer.map(([name, state]) => [name, state.updates]))) }
    yield* writeSafetensors(path, tensors, { fingerprint, steps: String(store.steps), ...updates })
  })

const foreign = (path: string, why: string): TrainingError =>
  new TrainingError({
    code: "training.foreign-checkpoint",
    message: `The checkpoint is of another training: ${why}.`,
    advice: "Choose another folder, or start anew.",
    path,
  })

/** How often the parameters were updated that were not at every step. */
const updatesOf = (file: Safetensors, path: string): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(file.metadata.get("updates") ?? "{}") as Readonly<Record<string, unknown>>
  } catch {
    throw foreign(path, "it does not say how often parameters were updated")
  }
}

const statesOf = (
  store: ParameterStore,
  file: Safetensors,
  path: string,
  steps: number,
): ReadonlyMap<string, ParameterState> => {
  const { size } = store.states
  const means = [...store.states.keys()].filter((name) => file.tensors.has(`average.${name}`)).length
  if (file.tensors.size !== 3 * size + means)
    throw foreign(path, `it has ${file.tensors.size} tensors where ${3 * size} are trained`)
  const counts = updatesOf(file, path)
  const read = (place: (typeof places)[number], name: string, like: Feed): Feed => {
    const found = file.tensors.get(`${place}.${name}`)
    if (found === undefined) throw foreign(path, `it does not have "${place}.${name}"`)
    if (found.type !== "F32" || found.shape.join() !== like.dims.join())
      throw foreign(path, `"${place}.${name}" is ${found.type} [${found.shape.join(", ")}]`)
    return tensor("float32", like.dims, finiteValues(found))
  }
  const updates = (name: string): number => {
    const count = counts[name] ?? steps
    if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
      throw foreign(path, `"${name}" was updated ${String(count)} times`)
    return count
  }
  return new Map(
    [...store.states].map(([name, { value, first, second }]) => [
      name,
      {
        value: read("value", name, value),
        first: read("first", name, first),
        second: read("second", name, second),
        updates: updates(name),
        ...(file.tensors.has(`average.${name}`) ? { average: read("average", name, value) } : {}),
      },
    ]),
  )
}

const stepsOf = (file: Safetensors, path: string, fingerprint: string): number => {
  const own = file.metadata.get("fingerprint")
  if (own !== fingerprint) throw foreign(path, `it is of "${own}", not "${fingerprint}"`)
  const steps = Number(file.metadata.get("steps"))
  if (!Number.isSafeInteger(steps) || steps < 0) throw foreign(path, "it does not say how far it came")
  return steps
}

/**
 * Puts a checkpoint into a store that has the parameters of the same training; nothing changes where it fails. Gives
 * whether there was one.
 */
export const loadCheckpoint = (
  store: ParameterStore,
  path: string,
  fingerprint: string,
): Effect.Effect<boolean, WeightsError | TrainingError> =>
  Effect.gen(function* () {
    if (!existsSync(path)) return false
    const file = yield* openSafetensors(path)
    const loaded = yield* Effect.try({
      try: () => {
        const steps = stepsOf(file, path, fingerprint)
        return { steps, states: statesOf(store, file, path, steps) }
      },
      catch: (cause) => cause as WeightsError | TrainingError,
    })
    for (const [name, state] of loaded.states) store.states.set(name, state)
    store.steps = loaded.steps
    return true
  }).pipe(Effect.scoped)
