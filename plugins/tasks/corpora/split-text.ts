import type { Split } from "@parade/tasks"

/** The share at the end that is held out for testing. */
const heldOut = 0.1

/** How many of so many things in a row are for training. */
export const trainingPart = (count: number): number => count - Math.max(1, Math.round(count * heldOut))

/**
 * A text in two: the last tenth, from a beginning of a line where there is one near, is for testing. For training on
 * running text; the windows of `textWindowsTask` keep to the same border.
 */
export const splitText = (text: string): Readonly<Record<Split, string>> => {
  const about = trainingPart(text.length)
  const line = text.indexOf("\n", about)
  const near = line >= 0 && line - about < (text.length - about) / 2
  let border = near ? line + 1 : about
  if (isLowSurrogate(text, border)) border++
  return { train: text.slice(0, border), test: text.slice(border) }
}

/** Whether a character begins before an index and ends after it. */
export const isLowSurrogate = (text: string, index: number): boolean => {
  const unit = text.charCodeAt(index)
  return unit >= 0xdc00 && unit < 0xe000
}
