import { main as sharedMain } from "./mod.ts"

/**
 * The command as a bundle: quick to start, but without modules that it could share with plugins from outside. `false`
 * where a pipeline uses one: nothing has been read or written by then, and the command has to be run unbundled.
 */
export const main = (args: readonly string[]): Promise<boolean> => sharedMain(args, { bundled: true })
