import * as Command from "effect/cli/Command"

/** A subcommand as help lists it, and how to load the rest of it. */
export interface Subcommand {
  readonly name: string
  readonly description: string
  readonly load: () => Promise<Command.Command.Any>
}

/** All subcommands. Only the one that is called is loaded, so that starting stays quick. */
export const subcommands: readonly Subcommand[] = [
  {
    name: "run",
    description: "Decode what follows a prompt",
    load: async () => (await import("./run-command.ts")).runCommand,
  },
  {
    name: "chat",
    description: "Talk with the model, turn by turn",
    load: async () => (await import("./chat-command.ts")).chatCommand,
  },
  {
    name: "check",
    description: "Check pipelines and show what they are composed of",
    load: async () => (await import("./check-command.ts")).checkCommand,
  },
  {
    name: "list",
    description: "List the official plugins",
    load: async () => (await import("./list-command.ts")).listCommand,
  },
  {
    name: "bench",
    description: "Compare pipelines on the same prompts, in turns",
    load: async () => (await import("./bench/command.ts")).benchCommand,
  },
  {
    name: "trace",
    description: "Decode, and draw which token came when, and from whom",
    load: async () => (await import("./trace/command.ts")).traceCommand,
  },
  {
    name: "train",
    description: "Follow a recipe: train a model or a part of one",
    load: async () => (await import("./train/command.ts")).trainCommand,
  },
  {
    name: "plugin",
    description: "Begin, check, pack or publish a plugin of your own",
    load: async () => (await import("./plugin/command.ts")).pluginCommand,
  },
  {
    name: "registry",
    description: "Write or check an index of the plugins of a workspace",
    load: async () => (await import("./registry-command.ts")).registryCommand,
  },
  {
    name: "demo",
    description: "Decode one prompt plainly and by speculation, and compare",
    load: async () => (await import("./demo-command.ts")).demoCommand,
  },
]

/** The subcommands for these arguments: the one that is called whole, the others by name and description. */
export const commandsFor = (args: readonly string[]): Promise<readonly Command.Command.Any[]> => {
  const called = args.find((argument) => !argument.startsWith("-"))
  const everything = args.some((argument) => argument.startsWith("--completions"))
  return Promise.all(
    subcommands.map(({ name, description, load }) =>
      everything || name === called
        ? load()
        : Promise.resolve(Command.make(name).pipe(Command.withDescription(description))),
    ),
  )
}
