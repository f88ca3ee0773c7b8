import * as Context from "effect/Context"

/** Whether this runs from the bundle, whose modules plugins from outside do not share. */
export const Bundled: Context.Reference<boolean> = Context.Reference<boolean>("@parade/cli/Bundled", {
  defaultValue: () => false,
})

/** A defect that asks for the command to be run again unbundled. */
export class OutsidePluginDefect extends Error {
  override readonly name = "OutsidePluginDefect"
}
