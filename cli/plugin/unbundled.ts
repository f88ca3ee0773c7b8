import * as Effect from "effect/Effect"
import { Bundled, OutsidePluginDefect } from "../bundled-mode.ts"

/** Asks for the command to be run from its modules, which it shares with plugins from outside, and beside its templates. */
export const unbundled: Effect.Effect<void> = Effect.flatMap(Bundled, (bundled) =>
  bundled ? Effect.die(new OutsidePluginDefect()) : Effect.void,
)
