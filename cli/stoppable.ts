import * as Effect from "effect/Effect"

const stops: (() => void)[] = []

/** Stops what can be stopped without ending the command; whether there was such a thing. */
export const stopOne = (): boolean => {
  const stop = stops.pop()
  stop?.()
  return stop !== undefined
}

/**
 * An effect that the first SIGINT ends rather than the command: `undefined` then. A second one, while it is ending, is
 * for the command.
 */
export const stoppable = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A | undefined, E, R> =>
  Effect.raceFirst(
    effect,
    Effect.callback<undefined>((resume) => {
      const stop = (): void => resume(Effect.undefined)
      stops.push(stop)
      return Effect.sync(() => {
        const at = stops.indexOf(stop)
        if (at >= 0) stops.splice(at, 1)
      })
    }),
  )
