/** What scripts are told on the command line: options with their defaults, `--help`, and mistakes in one line. */
import { parseArgs } from "node:util"
import { nearest } from "@parade/core"

/** One option. */
export interface Option<A> {
  /** What stands for its value in the help; absent where it has none. */
  readonly placeholder?: string
  readonly about: string
  /** What holds where nobody says, as the help has it. */
  readonly otherwise?: string
  /** The values given, in order; throws a {@link Mistake}. */
  readonly read: (given: readonly string[], name: string) => A
}

/** Something that the caller has to change, in one line. */
export class Mistake extends Error {}

/** Whether it is said. */
export const flag = (about: string): Option<boolean> => ({ about, read: (given) => given.length > 0 })

/** A text, which may be left out. */
export const text = (placeholder: string, about: string, otherwise?: string): Option<string | undefined> => ({
  placeholder,
  about,
  ...(otherwise === undefined ? {} : { otherwise }),
  read: (given) => given.at(-1),
})

/** A text with a default. */
export const textOr = (fallback: string, placeholder: string, about: string): Option<string> => ({
  placeholder,
  about,
  otherwise: fallback,
  read: (given) => given.at(-1) ?? fallback,
})

/** Texts of an option that may be repeated. */
export const texts = (
  placeholder: string,
  about: string,
  otherwise?: string,
): Option<readonly string[] | undefined> => ({
  ...text(placeholder, `${about}; may be repeated`, otherwise),
  read: (given) => (given.length === 0 ? undefined : given),
})

const integer = (given: string, least: number, name: string): number => {
  const count = /^-?\d+$/.test(given) ? Number(given) : NaN
  if (Number.isSafeInteger(count) && count >= least) return count
  throw new Mistake(`${name} is an integer of at least ${least}, not "${given}".`)
}

/** An integer, which may be left out. */
export const count = (about: string, otherwise: string, least: number = 1): Option<number | undefined> => ({
  placeholder: "N",
  about,
  otherwise,
  read: (given, name) => (given.length === 0 ? undefined : integer(given.at(-1)!, least, name)),
})

/** An integer with a default. */
export const countOr = (fallback: number, about: string, least: number = 1): Option<number> => {
  const { read, ...rest } = count(about, String(fallback), least)
  return { ...rest, read: (given, name) => read(given, name) ?? fallback }
}

/** A script, as its help tells of it. */
export interface Script<O extends Readonly<Record<string, Option<unknown>>>> {
  /** How it is called: `npm run bench --`. */
  readonly call: string
  readonly about: string
  readonly options: O
  /** What may stand beside the options; nothing where absent. */
  readonly rest?: {
    readonly placeholder: string
    readonly about: string
    /** What may be named and what that is; anything where absent. */
    readonly names?: Readonly<Record<string, string>>
    /** How many at most; any number where absent. */
    readonly most?: number
  }
}

/** What a script was told. */
export interface Told<O extends Readonly<Record<string, Option<unknown>>>> {
  readonly values: { readonly [K in keyof O]: O[K] extends Option<infer A> ? A : never }
  readonly rest: readonly string[]
}

const columns = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, about]) => `  ${name.padEnd(width)}  ${about}\n`).join("")
}

/** The help of a script. */
export const helpOf = <O extends Readonly<Record<string, Option<unknown>>>>({
  call,
  about,
  options,
  rest,
}: Script<O>): string => {
  const lines = Object.entries(options).map(([name, { placeholder, about: what, otherwise }]) => {
    const head = placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`
    return [head, otherwise === undefined ? what : `${what} (${otherwise})`] as const
  })
  const named = rest?.names === undefined ? [] : Object.entries(rest.names)
  const beside = rest === undefined ? "" : ` ${rest.placeholder}`
  return [
    `${call} [options]${beside}\n\n${about}\n`,
    ...(rest === undefined ? [] : [`\n${rest.placeholder}: ${rest.about}\n`]),
    ...(named.length === 0 ? [] : [columns(named)]),
    `\noptions, and in brackets what holds without them:\n`,
    columns([...lines, ["--help", "say this"]]),
  ].join("")
}

/**
 * What a script was told by such arguments, or its help where that was asked for.
 *
 * @throws {Mistake} An option, a value or a name that there is not.
 */
export const parseOptions = <const O extends Readonly<Record<string, Option<unknown>>>>(
  script: Script<O>,
  args: readonly string[],
): Told<O> | { readonly help: string } => {
  const { call, options, rest } = script
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: {
      ...Object.fromEntries(
        Object.entries(options).map(([name, { placeholder }]) => [
          name,
          { type: placeholder === undefined ? "boolean" : "string" } as const,
        ]),
      ),
      help: { type: "boolean", short: "h" },
    },
  })
  const said = tokens.filter((token) => token.kind === "option")
  if (said.some(({ name }) => name === "help")) return { help: helpOf(script) }

  const given = new Map<string, string[]>()
  for (const { name, rawName, value, inlineValue } of said) {
    if (!Object.hasOwn(options, name)) {
      const meant = nearest(name, Object.keys(options))
      const hint = meant === undefined ? "." : `; did you mean --${meant}?`
      throw new Mistake(`There is no option ${rawName}${hint} ${call} --help lists them.`)
    }
    const takes = options[name]!.placeholder
    if (takes === undefined && value !== undefined) throw new Mistake(`--${name} takes no value.`)
    if (takes !== undefined && (value === undefined || (inlineValue === false && value.startsWith("-"))))
      throw new Mistake(`--${name} needs a value: --${name} ${takes}.`)
    given.set(name, [...(given.get(name) ?? []), value ?? ""])
  }
  for (const [i, name] of positionals.entries()) {
    if (rest === undefined || i >= (rest.most ?? Infinity))
      throw new Mistake(`"${name}" is one word too many. ${call} --help says what may be told.`)
    if (rest.names !== undefined && !Object.hasOwn(rest.names, name))
      throw new Mistake(`There is no ${name}; there are ${Object.keys(rest.names).join(", ")}.`)
  }
  const values = Object.entries(options).map(([name, { read }]) => [
    name,
    read(given.get(name) ?? [], `--${name}`),
  ])
  return { values: Object.fromEntries(values) as Told<O>["values"], rest: positionals }
}

/** What this process was told; help and mistakes are said and end it, with status 0 and 2. */
export const readOptions = <const O extends Readonly<Record<string, Option<unknown>>>>(
  script: Script<O>,
): Told<O> => {
  try {
    const told = parseOptions(script, process.argv.slice(2))
    if (!("help" in told)) return told
    process.stdout.write(told.help)
    return process.exit(0)
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    console.error(error.message)
    return process.exit(2)
  }
}
