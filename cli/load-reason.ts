const commonJs =
  'Node takes this file for CommonJS: name it .mts, or put a package.json with "type": "module" beside it.'

/** Why a file could not be loaded as a module, in one line that names it. */
export const loadReason = (cause: unknown, file: string): string => {
  const named = (text: string): string => (text.includes(file) ? text : `${file}: ${text}`)
  if (!(cause instanceof Error)) return named(String(cause))
  // What TypeScript without a package.json beside it comes to when it is imported.
  if ((cause as NodeJS.ErrnoException).code === "ERR_REQUIRE_CYCLE_MODULE") return named(commonJs)
  return named(cause.message.replace(/^Transform failed with \d+ errors?:\s*/, "").split("\n")[0]!)
}
