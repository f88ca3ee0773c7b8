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

const places = ["value", "first", "second"] as const

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
        const values = yield* Effect.promise(() => readFeed(state[place]))
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
        tensors.push({ name: `${place}.${name}`, type: "F32", shape: state[place].dims, bytes: () => bytes })
      }
    yield* writeSafetensors(path, tensors, { fingerprint, steps: String(store.steps) })
  })

const foreign = (path: string, why: string): TrainingError =>
  new TrainingError({
    code: "training.foreign-checkpoint",
    message: `The checkpoint is of another training: ${why}.`,
    advice: "Choose another folder, or start anew.",
    path,
  })

const statesOf = (
  store: ParameterStore,
  file: Safetensors,
  path: string,
): ReadonlyMap<string, ParameterState> => {
  if (file.tensors.size !== 3 * store.states.size)
    throw foreign(path, `it has ${file.tensors.size} tensors where ${3 * store.states.size} are trained`)
  const read = (place: (typeof places)[number], name: string, like: Feed): Feed => {
    const found = file.tensors.get(`${place}.${name}`)
    if (found === undefined) throw foreign(path, `it does not have "${place}.${name}"`)
    if (found.type !== "F32" || found.shape.join() !== like.dims.join())
      throw foreign(path, `"${place}.${name}" is ${found.type} [${found.shape.join(", ")}]`)
    return tensor("float32", like.dims, finiteValues(found))
  }
  return new Map(
    [...store.states].map(([name, old]) => [
      name,
      {
        value: read("value", name, old.value),
        first: read("first", name, old.first),
        second: read("second", name, old.second),
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
      try: () => ({ steps: stepsOf(file, path, fingerprint), states: statesOf(store, file, path) }),
      catch: (cause) => cause as WeightsError | TrainingError,
    })
    for (const [name, state] of loaded.states) store.states.set(name, state)
    store.steps = loaded.steps
    return true
  }).pipe(Effect.scoped)
