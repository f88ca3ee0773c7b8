import { isParadeError } from "@parade/core"
import type { DeviceError, GraphError, ModelError, WeightsError } from "@parade/core"
import type { CompileOptions, Device, Graph, Program } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** What can go wrong while a model is made. */
export type BuildFailure = ModelError | WeightsError | GraphError | DeviceError

/** Code that throws typed failures, as an effect. */
export const typed = <A>(make: () => A): Effect.Effect<A, BuildFailure> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(make())
    } catch (cause) {
      if (isParadeError(cause)) return Effect.fail(cause as BuildFailure)
      throw cause
    }
  })

/** Compiles a graph; a weight that cannot be read fails as what it is, not as what the device made of it. */
export const compileChecked = (
  device: Device,
  graph: Graph,
  options: CompileOptions,
): Effect.Effect<Program, BuildFailure, Scope> =>
  Effect.suspend(() => {
    let failure: BuildFailure | undefined
    const initializers = graph.initializers.map((initializer) => ({
      ...initializer,
      bytes: (): Uint8Array => {
        try {
          return initializer.bytes()
        } catch (cause) {
          if (isParadeError(cause)) failure = cause as BuildFailure
          throw cause
        }
      },
    }))
    return Effect.catchCause(device.compile({ ...graph, initializers }, options), (cause) =>
      failure === undefined ? Effect.failCause(cause) : Effect.fail(failure),
    )
  })
