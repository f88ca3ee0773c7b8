/**
 * What a terminal obeys instead of showing it: control characters other than tab and line feed, a carriage return that
 * ends no line, and the marks that reorder text around them (U+202A–202E, U+2066–2069). The marks that only say which
 * way a letter runs are part of ordinary Arabic and Hebrew.
 */
const controls =
  "[\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\u202A-\\u202E\\u2066-\\u2069]|\\r(?!\\n)"

const control = new RegExp(controls, "g")
const colourOrControl = new RegExp(`\\u001B\\[[\\d;]*m|${controls}`, "g")

const spell = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`

/**
 * Text as a terminal may show it, whoever wrote it: what would command the terminal is spelt as JSON spells it
 * (`\u001B`), so JSON still means the same.
 */
export const visible = (text: string): string => text.replace(control, spell)

/** The same for text that this program has coloured: colours stay. */
export const visibleInColours = (text: string): string =>
  text.replace(colourOrControl, (found) => (found.length > 1 ? found : spell(found)))
