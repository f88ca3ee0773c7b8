/** What deciding on colours needs to know of a stream. */
export interface MaybeTerminal {
  readonly isTTY?: boolean | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whether to colour what goes to a stream: `FORCE_COLOR` decides where it is set, then `NO_COLOR` (no-color.org), then
 * whether it is a terminal that can.
 */
export const wantsColour = (stream: MaybeTerminal, env: Environment): boolean => {
  const forced = env["FORCE_COLOR"]
  if (forced !== undefined) return forced !== "0" && forced !== "false"
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false
  return stream.isTTY === true && env["TERM"] !== "dumb"
}

/** Ways to set text apart; each returns the text itself where colours are off. */
export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly green: (text: string) => string
  readonly red: (text: string) => string
  readonly cyan: (text: string) => string
}

const wrap =
  (on: number, off: number, enabled: boolean) =>
  (text: string): string =>
    enabled && text !== "" ? `\u001B[${on}m${text}\u001B[${off}m` : text

export const makePaint = (enabled: boolean): Paint => ({
  bold: wrap(1, 22, enabled),
  dim: wrap(2, 22, enabled),
  green: wrap(32, 39, enabled),
  red: wrap(31, 39, enabled),
  cyan: wrap(36, 39, enabled),
})
