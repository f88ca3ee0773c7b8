import { builtinModules } from "node:module"
import { bareName, type PluginEntry } from "@parade/core"

const wellFormed = /^(?:@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*$/

/** What is wrong with a name that a plugin's package is to have, and what would do. */
export interface NameProblem {
  readonly message: string
  readonly advice: string
}

/** Whether npm takes a name for a new package, and pipelines a `use` of it. */
export const nameProblem = (name: string, official: readonly PluginEntry[]): NameProblem | undefined => {
  const said = JSON.stringify(name)
  if (name.length > 214)
    return { message: "The name is longer than npm takes.", advice: "Use at most 214 characters." }
  if (!wellFormed.test(name) || name === "node_modules" || name === "favicon.ico")
    return {
      message: `npm takes no package of the name ${said}.`,
      advice: "Use small letters, digits, - and dots, such as my-drafter or @me/my-drafter.",
    }
  if (builtinModules.includes(name))
    return { message: `${said} is a module of Node.`, advice: "Choose another name." }
  if (name.startsWith("@parade/"))
    return {
      message:
        "@parade is the scope of the official packages, which pipelines look for in the command itself.",
      advice: "Use a scope of yours, such as @me/my-drafter, or none.",
    }
  // Such a use is taken for an official plugin whose scope was forgotten.
  if (official.some((entry) => bareName(entry.name) === name))
    return {
      message: `${said} is the name of an official plugin without its scope, which pipelines refuse.`,
      advice: `Choose another name, or put it in a scope of yours: @me/${name}.`,
    }
  return undefined
}
