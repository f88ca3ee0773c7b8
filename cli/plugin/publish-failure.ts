import type { Fault } from "@parade/core"
import { CommandError } from "../command-error.ts"
import type { OpenPackage } from "./open-package.ts"
import type { Ran } from "./run-program.ts"

/** What npm says of a failure, as far as it says it for programs. */
interface NpmError {
  readonly code: string
  readonly summary: string
}

interface Meaning {
  readonly code: string
  readonly message: string
  readonly advice: string
  readonly fault: Fault
}

const npmError = ({ out, err }: Ran): NpmError => {
  try {
    const { error } = JSON.parse(out) as {
      readonly error?: { readonly code?: unknown; readonly summary?: unknown }
    }
    if (error !== undefined)
      return { code: String(error.code ?? ""), summary: String(error.summary ?? "").split("\n")[0]! }
  } catch {
    // An npm that says nothing for programs says it for people.
  }
  const lines = err.split("\n").flatMap((line) => /^npm (?:error|ERR!) (.*)$/.exec(line)?.[1] ?? [])
  const code = lines.find((line) => line.startsWith("code "))?.slice(5) ?? ""
  return { code, summary: lines.find((line) => !line.startsWith("code ")) ?? "it said nothing" }
}

const unreachable = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ERR_SOCKET_TIMEOUT",
])

const meaningOf = ({ code, summary }: NpmError, named: string): Meaning => {
  // Registries say so with a 403, and npm itself, where it looks first, with no code at all.
  if (code === "EPUBLISHCONFLICT" || /publish over the previously published/i.test(summary))
    return {
      code: "publish.version-exists",
      message: `${named} was published before, and a version is never replaced.`,
      advice: "Raise the version in package.json and deno.json.",
      fault: "caller",
    }
  if (code === "ENEEDAUTH" || code === "E401")
    return {
      code: "publish.not-logged-in",
      message: "npm is not logged in to the registry, or what it sent is not valid there any more.",
      advice: "Run npm login; parade leaves all of that to npm.",
      fault: "environment",
    }
  if (code === "EOTP")
    return {
      code: "publish.one-time-password",
      message: "The registry asks for a one-time password.",
      advice: "Run it again with npm_config_otp=CODE before it.",
      fault: "environment",
    }
  if (code === "E402")
    return {
      code: "publish.restricted",
      message: "The registry takes no restricted package of this scope.",
      advice: "Publish it with --access public.",
      fault: "caller",
    }
  if (code === "E403" || code === "E404")
    return {
      code: "publish.forbidden",
      message: `The registry does not let this user publish ${named}: ${summary}`,
      advice: "Ask for the right to, or publish it under a name or a scope of yours.",
      fault: "environment",
    }
  if (unreachable.has(code))
    return {
      code: "publish.unreachable",
      message: `The registry could not be reached, or went away (${code}).`,
      advice: `npm view ${named} version tells whether it arrived; if not, run it again.`,
      fault: "environment",
    }
  return {
    code: "publish.failed",
    message: `npm publish failed${code === "" ? "" : ` (${code})`}: ${summary}`,
    advice: "npm has written a log of it.",
    fault: "environment",
  }
}

/** Why npm has not published a package. */
export const publishFailure = (subject: OpenPackage, ran: Ran): CommandError =>
  new CommandError(meaningOf(npmError(ran), `${subject.name}@${subject.version}`))
